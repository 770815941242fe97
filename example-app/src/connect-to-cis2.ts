import { randomBytes } from 'node:crypto'
import { createCis2, type Cis2, type Cis2Options } from 'express-cis2'
import type { Simulator } from 'express-cis2/simulator'
import type { Cis2Pages } from './cis2-pages.js'
import { logCis2Events } from './log-cis2-events.js'
import type { Platform } from './platform-settings.js'
import type { Settings } from './settings.js'

export interface Connection {
  cis2: Cis2
  simulatorUrl: string | undefined
  /** The API platform, where there is one to ask. */
  platform: Platform | undefined
  disconnect(): Promise<void>
}

/** Talks to the CIS2 that the CIS2_… variables name; without any, to a simulator in this process. */
export async function connectToCis2(settings: Settings, pages: Cis2Pages): Promise<Connection> {
  const hasSettings = Object.keys(settings.cis2).length > 0
  const simulator = hasSettings ? undefined : await startSimulator()

  const options = simulator === undefined ? settings.cis2 : optionsFor(simulator, settings.address)
  const session = { idleTimeoutMinutes: settings.idleTimeoutMinutes }
  const cis2 = createCis2({ ...options, session, pages })
  // Before anything else can happen: only warnings about the settings wait for somebody to listen.
  logCis2Events(cis2)

  const platform = settings.platform ?? (simulator && (await registerAtPlatform(simulator)))
  const disconnect = async (): Promise<void> => {
    await cis2.close()
    await simulator?.close()
  }
  return { cis2, simulatorUrl: simulator?.url, platform, disconnect }
}

async function startSimulator(): Promise<Simulator> {
  // Imported only here, so that nothing of the simulator is loaded in front of a real CIS2.
  const { startSimulator } = await import('express-cis2/simulator')
  return startSimulator()
}

/** The simulator has an API platform as well, which wants a registration and a key of their own. */
async function registerAtPlatform(simulator: Simulator): Promise<Platform> {
  const options = await simulator.registerPlatformApplication()
  return { options, apiUrl: `${simulator.url}/user-restricted/whoami` }
}

function optionsFor({ client, issuer }: Simulator, baseUrl: string): Cis2Options {
  return {
    ...client,
    issuer,
    baseUrl,
    secret: randomBytes(32).toString('base64url'),
    // The weaker login, so that there is a stronger one to ask for: /controlled-drugs does.
    acrValues: ['AAL2_ANY'],
    // For organisations by name, professional IDs, and a choice for people with several roles.
    scope: 'openid profile nhsperson nationalrbacaccess associatedorgs professionalmemberships selectedrole',
  }
}
