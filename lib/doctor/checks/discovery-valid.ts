import { isJson } from '../../provider/limited-fetch.js'
import { fail, pass, warning, type Check } from '../check.js'

export const discoveryValid: Check = {
  id: 'discovery-valid',
  title: 'The discovery document is valid',
  meaning:
    'At the issuer’s address, with `/.well-known/openid-configuration` behind it, there is a JSON document with the endpoints that a login needs. A 404 or an HTML page usually means a wrong path or a proxy’s own page.',
  remedy: 'Use `environment`, which knows the address, or give the full discovery URL as `issuer`.',
  needs: ['provider-certificate-trusted'],
  run({ discovery, config, metadata, document, discoveryProblem }) {
    const trouble = {
      expected:
        'status 200 and a JSON document with issuer, authorization_endpoint, token_endpoint and jwks_uri',
      fix: 'Compare the address with the one NHS England publishes; behind a proxy, see what it answers.',
    }
    if (discovery?.reached !== true || discovery.status !== 200)
      return fail({
        found: `${config.discoveryUrl} answered with status ${discovery?.reached ? discovery.status : 0}`,
        ...trouble,
      })
    if (!isJson(discovery.headers) || document === undefined)
      return fail({ found: `${config.discoveryUrl} answered with something else than JSON`, ...trouble })
    if (discoveryProblem !== undefined && discoveryProblem.code !== 'ERR_CIS2_ISSUER_MISMATCH')
      return fail({ found: discoveryProblem.detail, ...trouble })
    const warnings = metadata?.warnings ?? []
    if (warnings.length === 0) return pass()
    return warning({
      found: warnings.join('; '),
      expected: 'private_key_jwt, S256 and code are supported',
      fix: 'Is this the right environment? Ask NHS England about it if logins fail.',
    })
  },
}
