import session, { type SessionData } from 'express-session'
import { SharedRecords } from '../../lib/session/shared-records.js'
import { storeResult } from '../../lib/session/store-call.js'

/** A store that answers every `get` with the same. */
class FixedStore extends session.MemoryStore {
  readonly answer: unknown

  constructor(answer: unknown) {
    super()
    this.answer = answer
  }

  override get(_sid: string, done: (error: unknown, found?: SessionData | null) => void): void {
    done(null, this.answer as SessionData)
  }
}

describe('a record of this library in a session store', () => {
  it.each<unknown>([undefined, null, false, '', 0, {}])(
    'is not there when the store says %p',
    async (answer) => {
      await expect(new SharedRecords(new FixedStore(answer), 1000).get('key')).resolves.toBeUndefined()
    },
  )

  // A logout that cannot be read must not count as none.
  it.each<unknown>(['{"cis2Record":1}', 1, true])('is a failure when the store says %p', async (answer) => {
    await expect(new SharedRecords(new FixedStore(answer), 1000).get('key')).rejects.toThrow(/no record/)
  })
})

describe('what a store calls back with', () => {
  it.each<unknown>(['failed', false, 0, { message: 'failed' }])(
    'is a failure when it is %p',
    async (error) => {
      await expect(storeResult((done) => done(error))).rejects.toThrow('the store failed')
    },
  )

  it('is a failure too when only its promise rejects, of whichever library', async () => {
    const promise = { then: (_done: unknown, fail: (error: unknown) => void) => fail(new Error('down')) }
    await expect(storeResult(() => promise)).rejects.toThrow('down')
  })

  it('counts once, and first', async () => {
    const twice = storeResult((done) => {
      done(null, 'first')
      done(new Error('second'))
      return Promise.reject(new Error('third'))
    })
    await expect(twice).resolves.toBe('first')
  })
})
