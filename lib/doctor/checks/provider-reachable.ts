import { fail, pass, skipped, type Check } from '../check.js'
import type { Evidence } from '../evidence.js'
import type { Silence } from '../fetch-reply.js'

const words: Readonly<Record<Silence['stage'], string>> = {
  name: 'its host name cannot be looked up',
  connection: 'no connection could be made',
  certificate: 'its certificate is not trusted',
  tls: 'no TLS connection could be made',
  time: 'it did not answer within ten seconds',
  size: 'its answer is too large',
}

export const providerReachable: Check = {
  id: 'provider-reachable',
  title: 'CIS2 can be reached',
  meaning:
    "This machine finds CIS2's host name and can open a connection to it. CIS2 is on the internet; firewalls and proxies of your own stand in between.",
  remedy:
    'Check DNS and the firewall. `HTTPS_PROXY` is not read: give `createCis2` a `fetch` that goes through the proxy (README, "Behind a proxy").',
  needs: [],
  run({ discovery, config, proxyVariable }) {
    if (discovery === undefined)
      return skipped('the settings do not say which CIS2: set `environment` or `issuer`')
    if (discovery.reached || discovery.stage === 'certificate' || discovery.stage === 'tls') return pass()
    return fail({
      found: `${config.discoveryUrl}: ${words[discovery.stage]} (${discovery.code})`,
      expected: 'the discovery document is answered within ten seconds',
      fix: advice(proxyVariable),
    })
  },
}

function advice(proxyVariable: Evidence['proxyVariable']): string {
  return proxyVariable === undefined
    ? 'Check DNS, the firewall and the way out of your network. Behind a proxy, give createCis2 a `fetch` that goes through it.'
    : `${proxyVariable} is set, and neither Node nor this library reads it: give createCis2 a \`fetch\` that goes through the proxy (README, "Behind a proxy").`
}
