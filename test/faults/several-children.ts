import type { Cis2Options } from '../../lib/index.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { Browser } from '../support/browser.js'
import { testSecret } from '../support/keys.js'
import { choosePerson } from '../support/login.js'
import { startChildApp, type ChildApp } from './child-app.js'
import { openDoor, type Door } from './door.js'
import { connectRedis, startRedis, type RedisClient, type RedisServer } from './redis-server.js'

/** One application in as many processes as are started, behind one door, on one real Redis. */
export interface Cluster {
  readonly simulator: Simulator
  readonly redis: RedisServer
  readonly client: RedisClient
  readonly door: Door
  /** Starts another process; the door does not lead there yet. */
  start(settings?: { execArgv?: readonly string[]; timeouts?: Cis2Options['timeouts'] }): Promise<ChildApp>
  /** The sessions in Redis that hold a login. */
  logins(): Promise<readonly string[]>
  /** Keys that would stay for ever. */
  immortalKeys(): Promise<readonly string[]>
  isLoggedIn(browser: Browser): Promise<boolean>
  /** Starts a login and chooses a person: the address of the callback, not yet visited. */
  comeBack(browser: Browser, person?: string, path?: string): Promise<string>
  /** The whole login. @throws when it fails */
  logIn(browser: Browser, person?: string): Promise<void>
  stop(): Promise<void>
}

export async function startCluster(): Promise<Cluster> {
  const [simulator, redis, door] = await Promise.all([startSimulator(), startRedis(), openDoor()])
  const client = await connectRedis(redis.url)
  const children: ChildApp[] = []
  const keys = async (): Promise<readonly string[]> => await client.keys('*')
  const comeBack = async (browser: Browser, person = 'nurse', path = '/cis2/login'): Promise<string> => {
    const { location, status } = await browser.get(door.url + path)
    if (location === undefined) throw new Error(`the login was not started: ${status}`)
    return await choosePerson(browser, location, person)
  }
  return {
    simulator,
    redis,
    client,
    door,
    comeBack,
    async logIn(browser, person) {
      const { status, text } = await browser.get(await comeBack(browser, person))
      if (status !== 303) throw new Error(`nobody was logged in: ${status} ${text}`)
    },
    async start({ execArgv = [], timeouts } = {}) {
      const child = await startChildApp({
        options: {
          issuer: simulator.issuer,
          ...simulator.client,
          baseUrl: door.url,
          secret: testSecret,
          ...(timeouts === undefined ? {} : { timeouts }),
        },
        sessionSecret: 'session cookie secret of all processes',
        redisUrl: redis.url,
        execArgv,
      })
      children.push(child)
      return child
    },
    async logins() {
      const all = await keys()
      const strings = all.filter((key) => !key.startsWith('sess:cis2.'))
      const values = await Promise.all(strings.map((key) => client.get(key)))
      return strings.filter((_key, index) => values[index]?.includes('"cis2":{'))
    },
    async immortalKeys() {
      const all = await keys()
      const lifetimes = await Promise.all(all.map((key) => client.ttl(key)))
      return all.filter((_key, index) => lifetimes[index] === -1)
    },
    isLoggedIn: async (browser) => (await browser.get(`${door.url}/private`)).status === 200,
    async stop() {
      await Promise.all(children.map((child) => child.kill()))
      client.destroy()
      await Promise.all([simulator.close(), redis.stop(), door.close()])
    },
  }
}
