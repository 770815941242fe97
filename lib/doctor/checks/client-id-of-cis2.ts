import { fail, pass, skipped, warning, type Check, type Verdict } from '../check.js'
import { lacks, readableAssertion } from '../evidence.js'

const shapes = [/^\d+\.apps\.(national|supplier)$/, /^\d+\.[\w-]+\.[0-9a-f-]{36}\.apps$/i]
const apiPlatformKey = /^[A-Za-z0-9]{24,64}$/

export const clientIdOfCis2: Check = {
  id: 'client-id-of-cis2',
  title: 'iss and sub are the client id that CIS2 gave',
  meaning:
    'Both claims are the CIS2 client id (`999999999999.apps.national` and the like). The API platform has credentials of its own, an API key of letters and digits; the two are easily confused.',
  remedy: 'Use the client id from the CIS2 registration, the same in `client_id`, `iss` and `sub`.',
  needs: ['assertion-readable'],
  run(evidence) {
    const { iss, sub } = readableAssertion(evidence)?.claims ?? {}
    if (typeof iss !== 'string' || typeof sub !== 'string')
      return trouble(`${typeof iss === 'string' ? 'sub' : 'iss'} is missing or is not text`)
    if (apiPlatformKey.test(iss) || apiPlatformKey.test(sub))
      return trouble(
        `${iss === sub ? 'the client id is' : 'iss or sub is'} letters and digits only: the shape of an API key of the API platform`,
      )
    if (iss !== sub) return trouble('iss and sub differ')
    if (lacks(evidence, 'clientId')) return skipped('the settings have no client id to compare with')
    if (iss !== evidence.config.clientId)
      return trouble('iss and sub are another client id than the configured one')
    if (shapes.some((shape) => shape.test(iss))) return pass()
    return warning({
      found: 'the client id has none of the shapes that are known of CIS2',
      expected: '999999999999.apps.national, 999999999999.apps.supplier or digits.name.uuid.apps',
      fix: 'Compare it with the registration; if it is the same, all is well.',
    })
  },
}

function trouble(found: string): Verdict {
  return fail({
    found,
    expected: 'iss = sub = the client id of the CIS2 registration',
    fix: 'Set `clientId` (CIS2_CLIENT_ID) to the id that CIS2 gave, not the API key of the API platform; iss and sub are then right.',
  })
}
