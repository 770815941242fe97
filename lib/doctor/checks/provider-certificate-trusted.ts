import { fail, pass, type Check } from '../check.js'
import { describeTlsFailure } from '../describe-tls-failure.js'

export const providerCertificateTrusted: Check = {
  id: 'provider-certificate-trusted',
  title: "CIS2's certificate is trusted, over TLS 1.2 or later",
  meaning:
    'The chain ends at a root that this process trusts, names the host and is in date, and the connection is TLS 1.2 or 1.3. A proxy that opens TLS puts a certificate of its own instead of CIS2’s.',
  remedy:
    'For a private certificate authority start Node with `NODE_EXTRA_CA_CERTS=/path/to/ca.pem`. Never switch certificate checks off.',
  needs: ['provider-reachable'],
  run({ discovery, config }) {
    if (discovery?.reached !== false)
      return pass(config.issuer.startsWith('http:') ? 'plain http, allowed on this machine only' : undefined)
    return fail({
      found: `${config.discoveryUrl}: ${describeTlsFailure(discovery.code)}`,
      expected: 'TLS 1.2 or later, with a certificate that this process trusts',
      fix: 'Does a proxy stand in between and open TLS? Start Node with NODE_EXTRA_CA_CERTS=/path/to/its-ca.pem; never switch certificate checks off.',
    })
  },
}
