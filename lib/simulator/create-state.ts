import { publicHalf, type ClientCredentials } from './client-credentials.js'
import { elsewherePath } from './create-app.js'
import { ExpiringMap } from './expiring-map.js'
import { createFaults } from './faults/faults.js'
import { parseIssuer } from './issuer-address.js'
import { createProviderKeys } from './keys/provider-keys.js'
import { buildPeople } from './people/people.js'
import { createPlatformState } from './platform/platform-state.js'
import { RecordedRequests } from './request-log.js'
import { registerClient, type SimulatorClient } from './simulator-client.js'
import type { SimulatorOptions } from './simulator.js'
import type { SimulatorState } from './simulator-state.js'
import { createClientKeys } from './token/client-keys.js'

/** Everything a simulator remembers, when it has just been started. */
export function createState(
  { issuer, people, onRequest }: SimulatorOptions,
  clients: readonly SimulatorClient[],
  { url, credentials, closed }: { url: string; credentials: ClientCredentials; closed: AbortSignal },
): SimulatorState {
  const [first, ...others] = clients
  const withKeys = first ? [{ jwks: publicHalf(credentials), ...first }, ...others] : []
  const registered = withKeys.map(registerClient)
  return {
    ...parseIssuer(issuer, url),
    elsewhere: url + elsewherePath,
    clients: new Map(registered.map((client) => [client.clientId, client])),
    people: buildPeople(people),
    faults: createFaults(),
    keys: createProviderKeys(new Set(registered.map((client) => client.idTokenSigningAlgorithm))),
    clientKeys: createClientKeys(closed),
    codes: new ExpiringMap(),
    accessTokens: new ExpiringMap(),
    assertionIds: new ExpiringMap(),
    logins: [],
    platform: createPlatformState(url, closed),
    requests: new RecordedRequests(),
    closed,
    ...(onRequest ? { onRequest } : {}),
  }
}
