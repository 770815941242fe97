import { fail, pass, type Check } from '../check.js'
import type { TokenRequestShape } from '../parse-assertion.js'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export const tokenRequestSound: Check = {
  id: 'token-request-sound',
  title: 'The token request is a form with an assertion alone',
  meaning:
    'The request is `application/x-www-form-urlencoded`, `client_assertion_type` is spelt exactly, and there is neither a client secret nor an Authorization header beside the assertion. This library builds it so; for another program, give the request’s body (with its headers, if you have them) to `--assertion`.',
  remedy:
    'Send a form with `client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer`, encoded once; leave the secret and the Authorization header out.',
  needs: [],
  run({ request, isOurs }) {
    if (request === undefined)
      return pass(isOurs ? undefined : 'only the assertion was given: nothing is known of its request')
    const problem = findProblem(request)
    if (problem === undefined) return pass()
    return fail({
      found: problem,
      expected: `a form with client_assertion and client_assertion_type=${assertionType}`,
      fix: 'Send the parameters as a form, encoded once, with the assertion as the only credentials.',
    })
  },
}

function findProblem({ isJson, assertionType: type, hasSecret, authorization, repeated }: TokenRequestShape) {
  if (isJson) return 'the body is JSON, not a form'
  if (repeated.length > 0) return `${repeated.join(', ')} is there more than once`
  if (authorization !== undefined) return `an Authorization header (${authorization}) beside the assertion`
  if (hasSecret) return 'client_secret beside the assertion: a client has one method or the other'
  if (type === assertionType) return undefined
  if (type === undefined) return 'client_assertion_type is missing'
  return type === encodeURIComponent(assertionType)
    ? 'client_assertion_type is URL-encoded twice'
    : 'client_assertion_type is mistyped'
}
