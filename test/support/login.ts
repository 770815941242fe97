import { startSimulator, type Simulator, type SimulatorOptions } from '../../lib/simulator/index.js'
import { startApp, type AppSettings, type RunningApp } from './app.js'
import { Browser, type Page } from './browser.js'
import { testKeys } from './keys.js'
import { mapOrigins } from './map-origins.js'

/** An application, a simulator that knows it, and a browser. */
export interface Journey {
  simulator: Simulator
  app: RunningApp
  browser: Browser
  /** Another browser, with nothing in it. */
  anotherBrowser(): Browser
  close(): Promise<void>
}

/** The application on https under a public name, the simulator saying `:443` everywhere. */
export const publicApp = 'https://rp.sim.test'
export const publicProvider = 'https://am.sim.test'
const realm = '/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare'

/** Starts both on loopback, with plain http. */
export async function startJourney(
  settings: AppSettings = {},
  simulatorOptions: SimulatorOptions = {},
): Promise<Journey> {
  const simulator = await startSimulator(simulatorOptions)
  const app = await startApp({ issuer: simulator.issuer, ...simulator.client, ...settings })
  return journey(simulator, app, {})
}

/** Starts an application of a simulator that is there already, and stays. */
export async function joinSimulator(simulator: Simulator, settings: AppSettings = {}): Promise<Journey> {
  const { clientId, jwks } = simulator.client
  const keys = settings.signingKey === undefined ? { jwks } : {}
  const app = await startApp({ issuer: simulator.issuer, clientId, ...keys, ...settings })
  return { ...journey(simulator, app, {}), close: () => app.close() }
}

/** Starts both as in production: https behind a proxy, `:443` in issuer and endpoints. */
export async function startPublicJourney(settings: AppSettings = {}): Promise<Journey> {
  const origins: Record<string, string> = {}
  const { clientId } = testKeys
  const issuer = `${publicProvider}:443${realm}`
  const app = await startApp({ issuer, publicUrl: publicApp, fetch: mapOrigins(origins), ...settings })
  const redirectUris = [settings.redirectUri ?? `${app.baseUrl}/cis2/callback`]
  // The simulator fetches the client's keys where the application really listens.
  const simulator = await startSimulator({
    issuer,
    clients: [{ clientId, redirectUris, jwksUri: `${app.url}/cis2/jwks` }],
  })
  origins[publicProvider] = simulator.url
  origins[new URL(app.baseUrl).origin] = app.url
  return journey(simulator, app, origins)
}

function journey(simulator: Simulator, app: RunningApp, origins: Readonly<Record<string, string>>): Journey {
  return {
    simulator,
    app,
    browser: new Browser(origins),
    anotherBrowser: () => new Browser(origins),
    async close() {
      await app.close()
      await simulator.close()
    },
  }
}

/** What a login needs: the address of an application, and a browser. */
interface LoginParts {
  app: Pick<RunningApp, 'baseUrl'>
  browser: Browser
}

/** Starts a login and chooses a person: what CIS2 then redirects to, not yet visited. */
export async function comeBack(
  { app, browser }: LoginParts,
  person = 'nurse',
  path = '/cis2/login',
): Promise<string> {
  const login = await browser.get(app.baseUrl + path)
  if (login.location === undefined)
    throw new Error(`the login was not started: ${login.status} ${login.text}`)
  return await choosePerson(browser, login.location, person)
}

/** Chooses a person on the simulator's page, or cancels; resolves with the address of the callback. */
export async function choosePerson(browser: Browser, authorizeUrl: string, person: string): Promise<string> {
  const answer = await browser.post(authorizeUrl, person === 'cancel' ? { cancel: 'cancel' } : { person })
  if (answer.location === undefined)
    throw new Error(`nobody was chosen: ${answer.status} ${answer.text.slice(0, 500)}`)
  return answer.location
}

/** The whole login: the callback's answer. */
export async function logIn(journey: LoginParts, person = 'nurse', path = '/cis2/login'): Promise<Page> {
  return await journey.browser.get(await comeBack(journey, person, path))
}
