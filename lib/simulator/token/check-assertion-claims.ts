import type { ClientAssertion } from './client-assertion.js'
import { notValid, TokenRefusal } from './token-refusal.js'

const skew = 5 * 60
const longestLifetime = 30 * 60
const oldestIssue = 24 * 60 * 60

/** Who the assertion speaks for. The first check there is: everything else needs to know the client. */
export function checkIssuerAndSubject({ claims }: ClientAssertion, clientId: string | null): string {
  const { iss, sub } = claims
  const refuse = (refusal: string) =>
    new TokenRefusal('invalid_client', "JWT 'iss' and 'sub' claims must be equal to the client_id", refusal)
  if (typeof iss !== 'string' || typeof sub !== 'string') {
    const missing = typeof iss === 'string' ? 'sub' : 'iss'
    throw refuse(`${missing} is ${missing in claims ? 'not a string' : 'missing'}`)
  }
  if (iss !== sub) throw refuse(`iss '${iss}' and sub '${sub}' differ`)
  if (clientId !== null && clientId !== iss)
    throw refuse(`iss and sub are '${iss}', client_id is '${clientId}'`)
  return iss
}

/** Tested before the signature, so that a clock fault has a text of its own. */
export function checkNotExpired({ claims }: ClientAssertion, now: number): void {
  const { exp } = claims
  if (typeof exp !== 'number' || exp > now - skew) return
  throw new TokenRefusal('invalid_client', 'JWT has expired', `exp is ${now - exp} seconds ago`)
}

/** What a signed assertion must hold. */
export function checkTimesAndId({ claims }: ClientAssertion, now: number): string {
  const { exp, nbf, iat, jti, aud } = claims
  if (aud === undefined) throw notValid('aud is missing')
  if (exp === undefined) throw notValid('exp is missing')
  for (const [name, time] of Object.entries({ exp, nbf, iat }))
    if (time !== undefined && !Number.isInteger(time))
      throw notValid(`${name} is not a whole number of seconds`)
  const expires = Number(exp)
  if (expires > now + longestLifetime)
    throw notValid(`exp is ${expires - now} seconds ahead${hintAt(expires)}`)
  if (nbf !== undefined && Number(nbf) > now + skew)
    throw notValid(`nbf is ${Number(nbf) - now} seconds ahead`)
  if (iat !== undefined && Number(iat) < now - oldestIssue)
    throw notValid(`iat is ${now - Number(iat)} seconds ago`)
  if (typeof jti !== 'string' || jti === '')
    throw notValid(jti === undefined ? 'jti is missing' : 'jti is not text')
  return jti
}

function hintAt(seconds: number): string {
  return seconds > 100_000_000_000 ? ': it is in milliseconds' : ', more than 30 minutes'
}
