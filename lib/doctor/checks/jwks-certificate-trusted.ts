import { isLoopbackHost } from '../../config/urls.js'
import { fail, pass, skipped, type Check } from '../check.js'
import { describeTlsFailure } from '../describe-tls-failure.js'

export const jwksCertificateTrusted: Check = {
  id: 'jwks-certificate-trusted',
  title: "The key set's TLS certificate is trusted by everybody",
  meaning:
    'CIS2 fetches the key set over https. The server sends its whole chain, which ends at a public root; certificates that only this machine trusts (`NODE_EXTRA_CA_CERTS`) do not count here. With a `fetch` of the application’s own, that function judges the certificate.',
  remedy:
    'Install the full chain (certificate and intermediates) of a public certificate authority on the host that publishes the key set.',
  needs: [],
  run({ jwksUri, keySet, config }) {
    if (jwksUri === undefined)
      return skipped('the settings do not say where the key set is: `baseUrl`, or --jwks-uri')
    const trouble = {
      expected: 'https with the full chain of a public certificate authority, TLS 1.2 or later',
      fix: 'Install the certificate with its intermediates, from a public authority. Browsers fetch a missing intermediate by themselves, CIS2 does not.',
    }
    if (!URL.canParse(jwksUri)) return fail({ found: 'the address of the key set is no URL', ...trouble })
    const { protocol, hostname } = new URL(jwksUri)
    if (protocol !== 'https:')
      return isLoopbackHost(hostname)
        ? pass('plain http, allowed on this machine only')
        : fail({ found: `the key set is published over ${protocol}//`, ...trouble })
    if (keySet?.reached === false && (keySet.stage === 'certificate' || keySet.stage === 'tls'))
      return fail({ found: `${jwksUri}: ${describeTlsFailure(keySet.code)}`, ...trouble })
    return pass(config.fetch === undefined ? undefined : "as the application's own fetch judges it")
  },
}
