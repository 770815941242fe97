import { randomBytes } from 'node:crypto'
import { createCis2, type Cis2, type Cis2Options } from 'express-cis2'
import type { Simulator } from 'express-cis2/simulator'
import type { Cis2Pages } from './cis2-pages.js'
import { logCis2Events } from './log-cis2-events.js'
import type { Settings } from './settings.js'

export interface Connection {
  cis2: Cis2
  simulatorUrl: string | undefined
  close(): Promise<void>
}

/** Talks to the CIS2 that the CIS2_… variables name; without any, to a simulator in this process. */
export async function connectToCis2(settings: Settings, pages: Cis2Pages): Promise<Connection> {
  const hasSettings = Object.keys(settings.cis2).length > 0
  const simulator = hasSettings ? undefined : await startSimulator()

  const options = simulator === undefined ? settings.cis2 : optionsFor(simulator, settings.address)
  const cis2 = createCis2({ ...options, pages })
  // Before anything else can happen: only warnings about the settings wait for somebody to listen.
  logCis2Events(cis2)

  const close = async (): Promise<void> => {
    await cis2.close()
    await simulator?.close()
  }
  return { cis2, simulatorUrl: simulator?.url, close }
}

async function startSimulator(): Promise<Simulator> {
  // Imported only here, so that nothing of the simulator is loaded in front of a real CIS2.
  const { startSimulator } = await import('express-cis2/simulator')
  return startSimulator()
}

function optionsFor({ client, issuer }: Simulator, baseUrl: string): Cis2Options {
  return {
    ...client,
    issuer,
    baseUrl,
    secret: randomBytes(32).toString('base64url'),
    // For organisations by name, professional IDs, and a choice for people with several roles.
    scope: 'openid profile nhsperson nationalrbacaccess associatedorgs professionalmemberships selectedrole',
  }
}
