import { LogoutRegistry } from '../../lib/session/logout-registry.js'
import type { LoginIdentity } from '../../lib/session/session-index.js'
import { describeWithEveryStore } from '../support/stores/describe-with-every-store.js'

const settings = { namespace: 'client', lifetimeSeconds: 3600, patienceMs: 5000 }
const nurse = (sid: string): LoginIdentity => ({ sub: '555000000001', sid, issuedAt: 1000 })
const other: LoginIdentity = { sub: '555000000002', sid: 'their sid', issuedAt: 1000 }

describeWithEveryStore('the logout registry', (source) => {
  async function open(): Promise<readonly [LogoutRegistry, LogoutRegistry]> {
    const store = await source().empty()
    return [new LogoutRegistry(store, settings), new LogoutRegistry(await source().another(), settings)]
  }

  it('finds a person’s sessions by sid and by sub, and forgets the one that ended and no other', async () => {
    const [here, there] = await open()
    await here.index.add('session 1', nurse('sid 1'))
    await there.index.add('session 2', nurse('sid 2'))
    await here.index.add('session 3', other)
    expect((await here.index.find({ sub: nurse('').sub })).toSorted()).toEqual(['session 1', 'session 2'])
    await there.index.remove('session 1', nurse('sid 1'))
    expect(await here.index.find({ sub: nurse('').sub })).toEqual(['session 2'])
    expect(await here.index.find({ sid: 'sid 1' })).toEqual([])
    expect(await there.index.find({ sid: 'sid 2' })).toEqual(['session 2'])
    expect(await there.index.find({ sub: other.sub })).toEqual(['session 3'])
  })

  it('loses none that two processes add at the same time', async () => {
    const registries = await open()
    const names = Array.from({ length: 40 }, (_, index) => `session ${index}`)
    await Promise.all(
      names.map((name, index) => registries[index % 2]?.index.add(name, nurse(`sid ${index}`))),
    )
    const find = (): Promise<readonly string[]> => registries[0].index.find({ sub: nurse('').sub })
    // Where a store has no sets of its own, one process may overwrite the other, and makes it good.
    for (let tries = 0; tries < 100 && (await find()).length < names.length; tries++)
      await new Promise((resolve) => setTimeout(resolve, 30))
    expect((await find()).toSorted()).toEqual(names.toSorted())
  })

  it('knows whose a sid is, as long as a session of it is there', async () => {
    const [here, there] = await open()
    await here.index.add('session 3', other)
    expect(await there.index.isSidOfAnother('their sid', nurse('').sub)).toBe(true)
    expect(await there.index.isSidOfAnother('their sid', other.sub)).toBe(false)
    expect(await there.index.isSidOfAnother('no sid', nurse('').sub)).toBe(false)
  })

  it('tells another process what has ended, by session, by sid and by person', async () => {
    const [here, there] = await open()
    expect(await there.isEnded('session 1', nurse('sid 1'))).toBe(false)
    await here.endSession('session 1')
    expect(await there.isEnded('session 1', nurse('sid 1'))).toBe(true)
    await here.endLogins({ sid: 'sid 2' }, 1000)
    expect(await there.isEnded('session 2', nurse('sid 2'))).toBe(true)
    expect(await there.isEnded('session 2', { ...nurse('sid 2'), issuedAt: 1001 })).toBe(false)
    await here.endLogins({ sub: nurse('').sub }, 1000)
    expect(await there.isEnded('session 4', nurse('sid 4'))).toBe(true)
    expect(await there.isEnded('session 4', { ...nurse('sid 4'), issuedAt: 1001 })).toBe(false)
    expect(await there.isEnded('session 3', other)).toBe(false)
  })

  it.each([{ sid: 'sid 1' }, { sub: nurse('').sub }])(
    'lets an older end of %j that comes late take nothing back',
    async (target) => {
      const [here, there] = await open()
      await here.endLogins(target, 1000)
      await there.endLogins(target, 900)
      expect(await here.isEnded('session 1', nurse('sid 1'))).toBe(true)
    },
  )

  it.each([300, 0, -5, 1e300])('remembers a token whose time is %s seconds', async (seconds) => {
    const [here, there] = await open()
    expect(await there.hasSeenToken('jti')).toBe(false)
    await here.noteToken('jti', seconds)
    expect(await there.hasSeenToken('jti')).toBe(true)
    expect(await there.hasSeenToken('another')).toBe(false)
  })

  it('comes to an end where an application gives a session its own id again', async () => {
    const [here] = await open()
    await here.noteTakenAlong(['session 1'], undefined, 'session 1')
    expect(await here.isLoginOver('session 1', other)).toBe(false)
    expect(await here.endSession('session 1')).toBeUndefined()
    expect(await here.isLoginOver('session 1', other)).toBe(true)
  })

  it('keeps two clients apart, and nothing that could be a session', async () => {
    const store = await source().empty()
    const one = new LogoutRegistry(store, settings)
    const two = new LogoutRegistry(store, { ...settings, namespace: 'another client' })
    await one.index.add('session 1', nurse('sid 1'))
    await one.endSession('session 1')
    expect(await two.index.find({ sub: nurse('').sub })).toEqual([])
    expect(await two.isEnded('session 1', nurse('sid 1'))).toBe(false)
    expect(await source().sessionIds()).toEqual([])
  })
})

describe('a store that never answers', () => {
  it('has failed after its time', async () => {
    const { FaultyStore } = await import('../support/faulty-store.js')
    const store = new FaultyStore()
    store.isBrokenForRecords = true
    store.break('get', 'hangs')
    const registry = new LogoutRegistry(store, { ...settings, patienceMs: 50 })
    await expect(registry.isEnded('session', other)).rejects.toThrow('no answer within 50 ms')
  })
})
