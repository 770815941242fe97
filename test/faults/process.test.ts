import { Browser } from '../support/browser.js'
import type { ChildApp } from './child-app.js'
import { describeWithRedis } from './describe-with-redis.js'
import { startCluster, type Cluster } from './several-children.js'

// Processes of their own on one Redis, ended by kill -9 before each of their store's commands.

let cluster: Cluster
let browser: Browser
/** The process that is not killed. */
let survivor: ChildApp
/** Started ahead, so that nothing waits for it. */
let next: Promise<ChildApp>

async function takeNext(): Promise<ChildApp> {
  const taken = await next
  next = cluster.start()
  return taken
}

const address = (path: string): string => cluster.door.url + path
const mostCommands = 60
// The door's answer for a process that dies.
const statusOfDeadProcess = 502

interface KilledRun {
  /** What comes before, at the process that survives. Resolves with what the process is killed in, up to its status. */
  readonly prepare: () => Promise<() => Promise<number>>
  /**
   * What has to be true afterwards, at the process that survives. There are commands that no answer waits for: the
   * person may have got theirs.
   */
  readonly check: (isAnswered: boolean) => Promise<void>
}

/**
 * Does the same again and again, killing the process before its first command to the store, before its second, and so
 * on to the end. Resolves with the commands.
 */
async function killBeforeEachCommand({ prepare, check }: KilledRun): Promise<readonly string[]> {
  const commands: string[] = []
  for (;;) {
    await cluster.client.flushAll()
    browser = new Browser()
    cluster.door.leadTo(survivor)
    const act = await prepare()
    const victim = await takeNext()
    const { stopped } = await victim.stopAt(commands.length)
    cluster.door.leadTo(victim)
    const acting = act()
    const command = await Promise.race([stopped, acting.then(() => undefined)])
    await victim.kill()
    const status = await acting
    cluster.door.leadTo(survivor)
    if (command === undefined || commands.length === mostCommands) return commands
    commands.push(command)
    await check(status !== statusOfDeadProcess).catch((error: unknown) => {
      throw new Error(`killed before command ${commands.length}, after ${commands.join(' ')}`, {
        cause: error,
      })
    })
  }
}

async function logOutAtProvider(): Promise<void> {
  const token = await cluster.simulator.createLogoutToken()
  expect(await deliver(token)).toBe(200)
}

async function deliver(token: string): Promise<number> {
  const body = new URLSearchParams({ logout_token: token })
  return (await fetch(address('/cis2/back-channel-logout'), { method: 'POST', body })).status
}

async function canLogInAgain(): Promise<void> {
  await cluster.logIn(browser)
  expect(await cluster.isLoggedIn(browser)).toBe(true)
}

describeWithRedis('processes on one Redis', () => {
  beforeAll(async () => {
    cluster = await startCluster()
    survivor = await cluster.start()
    next = cluster.start()
  })
  afterAll(async () => {
    await next
    await cluster.stop()
  })

  it('take a login that one started and another finished, and end it at the first', async () => {
    browser = new Browser()
    const other = await takeNext()
    cluster.door.leadTo(survivor)
    const callback = await cluster.comeBack(browser)
    cluster.door.leadTo(other)
    expect((await browser.get(callback)).status).toBe(303)
    cluster.door.leadTo(survivor)
    expect(await cluster.isLoggedIn(browser)).toBe(true)
    await logOutAtProvider()
    cluster.door.leadTo(other)
    expect(await cluster.isLoggedIn(browser)).toBe(false)
    await other.kill()
  })

  it('leave nobody logged in, and nothing that logout cannot find, when one is killed in a callback', async () => {
    const commands = await killBeforeEachCommand({
      async prepare() {
        await browser.get(address('/basket'))
        const callback = await cluster.comeBack(browser)
        return async () => (await browser.get(callback)).status
      },
      async check(isAnswered) {
        expect(await cluster.isLoggedIn(browser)).toBe(isAnswered)
        await logOutAtProvider()
        expect(await cluster.logins()).toEqual([])
        expect(await cluster.immortalKeys()).toEqual([])
        await canLogInAgain()
      },
    })
    // The old session is read and destroyed, the new one indexed and written.
    expect(commands).toEqual(expect.arrayContaining(['get', 'del', 'exec', 'set']))
  })

  it('leave the older login or none, when one is killed in the callback of a newer one', async () => {
    const commands = await killBeforeEachCommand({
      async prepare() {
        await cluster.logIn(browser, 'receptionist')
        const callback = await cluster.comeBack(browser, 'nurse', '/cis2/login?reauthenticate=true')
        return async () => (await browser.get(callback)).status
      },
      async check(isAnswered) {
        const { status, text } = await browser.get(address('/private'))
        expect(isAnswered ? [200] : [200, 302]).toContain(status)
        if (status === 200) expect(text).toBe(isAnswered ? '555000000001' : '555000000004')
        await logOutAtProvider()
        const left = await cluster.simulator.createLogoutToken({ person: 'receptionist' })
        expect(await deliver(left)).toBe(200)
        expect(await cluster.logins()).toEqual([])
        expect(await cluster.immortalKeys()).toEqual([])
        await canLogInAgain()
      },
    })
    expect(commands.length).toBeGreaterThan(8)
  })

  it('end a login at the second click, when one is killed while the person logs out', async () => {
    const commands = await killBeforeEachCommand({
      async prepare() {
        await cluster.logIn(browser)
        return async () => (await browser.clone().post(address('/cis2/logout'), {})).status
      },
      async check() {
        expect((await browser.clone().post(address('/cis2/logout'), {})).status).toBe(303)
        expect(await cluster.isLoggedIn(browser)).toBe(false)
        expect(await cluster.logins()).toEqual([])
        await canLogInAgain()
      },
    })
    expect(commands).toEqual(expect.arrayContaining(['get', 'set', 'del', 'sRem']))
  })

  it('end a login at CIS2’s word, when one was killed while the person logged out and they went on working', async () => {
    await killBeforeEachCommand({
      async prepare() {
        await cluster.logIn(browser)
        return async () => (await browser.clone().post(address('/cis2/logout'), {})).status
      },
      async check() {
        await browser.get(address('/touch'))
        await logOutAtProvider()
        expect(await cluster.isLoggedIn(browser)).toBe(false)
        expect(await cluster.logins()).toEqual([])
      },
    })
  })

  it('end a login when the same logout token comes again, after one was killed at the first', async () => {
    let token = ''
    const commands = await killBeforeEachCommand({
      async prepare() {
        await cluster.logIn(browser)
        token = await cluster.simulator.createLogoutToken()
        return () => deliver(token)
      },
      async check() {
        expect(await deliver(token)).toBe(200)
        expect(await cluster.isLoggedIn(browser)).toBe(false)
        expect(await cluster.logins()).toEqual([])
        await canLogInAgain()
      },
    })
    expect(commands).toEqual(expect.arrayContaining(['get', 'set', 'sMembers', 'del', 'sRem']))
  })
})
