import type { Express } from 'express'
import { FaultyStore } from '../support/faulty-store.js'
import { logIn, startJourney, type Journey } from '../support/login.js'

// A request in flight writes its session while the login ends, and the store fails at that.

let store: FaultyStore
let journey: Journey
let goOn: () => void
let arrived: Promise<void>

beforeEach(async () => {
  store = new FaultyStore()
  let arrive = (): void => undefined
  arrived = new Promise((resolve) => (arrive = resolve))
  const wait = new Promise<void>((resolve) => (goOn = resolve))
  const after = (app: Express): void =>
    void app.get('/slow', async (req, res) => {
      arrive()
      await wait
      Object.assign(req.session, { slow: true })
      res.send('slow')
    })
  journey = await startJourney({ sessionOptions: { store }, after })
  await logIn(journey)
})
afterEach(() => journey.close())

const at = (path: string): string => `${journey.app.baseUrl}${path}`
const logOut = async (): Promise<number> =>
  (await journey.browser.clone().post(at('/cis2/logout'), {})).status

async function loginsLeft(): Promise<number> {
  return (await store.sessions()).filter(({ cis2 }) => cis2 !== undefined).length
}

/** Fails so often for operations on the shared records or on sessions, and then works. */
function failSometimes(operation: 'get' | 'destroy', times: number, isMeant: (id: string) => boolean): void {
  const real = store.memory[operation].bind(store.memory) as (
    id: string,
    done: (error?: unknown) => void,
  ) => void
  let left = times
  const failing = (id: string, done: (error?: unknown) => void): void => {
    if (left > 0 && isMeant(id)) {
      left--
      setImmediate(() => done(new Error('the store failed')))
    } else real(id, done)
  }
  Object.assign(store.memory, { [operation]: failing })
}

const isRecord = (id: string): boolean => id.startsWith('cis2.')

describe('a request that writes its session after the logout', () => {
  it('does not write it even for a moment', async () => {
    const slow = journey.browser.clone().get(at('/slow'))
    await arrived
    expect(await logOut()).toBe(303)
    const { set } = store.calls
    goOn()
    await slow
    expect(store.calls.set).toBe(set)
    expect(await loginsLeft()).toBe(0)
  })
})

describe('a request that is writing its session while the login ends', () => {
  async function logOutDuringWrite(): Promise<{ finish: () => Promise<unknown> }> {
    const slow = journey.browser.clone().get(at('/slow'))
    await arrived
    const held = store.hold('set')
    goOn()
    await held.reached
    expect(await logOut()).toBe(303)
    return {
      finish: async () => {
        held.release()
        return await slow
      },
    }
  }

  it('takes it out again', async () => {
    const { finish } = await logOutDuringWrite()
    await finish()
    expect(await loginsLeft()).toBe(0)
  })

  it.each([
    ['cannot say at first that the login is over', 'get', 2, isRecord],
    ['cannot say at all that the login is over', 'get', 100, isRecord],
    ['fails at first to destroy it', 'destroy', 2, (id: string) => !isRecord(id)],
  ] as const)('takes it out again when the store %s', async (_how, operation, times, isMeant) => {
    const { finish } = await logOutDuringWrite()
    failSometimes(operation, times, isMeant)
    await finish()
    expect(await loginsLeft()).toBe(0)
  })
})
