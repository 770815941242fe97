import type { ClientAssertion } from './client-assertion.js'
import { TokenRefusal } from './token-refusal.js'

/** The audience must be the token endpoint as one string, exactly as the metadata prints it. */
export function checkAudience({ claims }: ClientAssertion, tokenEndpoint: string, issuer: string): void {
  if (claims.aud === tokenEndpoint) return
  const refusal = describeAudience(claims.aud, tokenEndpoint, issuer)
  throw new TokenRefusal('invalid_client', 'Audience validation failed', refusal)
}

function describeAudience(aud: unknown, tokenEndpoint: string, issuer: string): string {
  if (Array.isArray(aud)) return 'aud is an array, not one string'
  if (typeof aud !== 'string') return 'aud is not a string'
  if (withoutPort(aud) === withoutPort(tokenEndpoint))
    return `aud differs only by ${portOf(aud, tokenEndpoint)}`
  if (withoutPort(aud) === withoutPort(issuer)) return 'aud is the issuer, not the token endpoint'
  if (aud === `${tokenEndpoint}/`) return 'aud has a "/" too many at its end'
  if (tokenEndpoint.endsWith(`://${aud}`)) return 'aud lacks its scheme'
  return `aud is '${aud}', not '${tokenEndpoint}'`
}

function withoutPort(address: string): string {
  return address.replace(/:(443|80)(?=\/|$)/, '')
}

function portOf(...addresses: string[]): string {
  return addresses.join(' ').match(/:(443|80)(?=\/| |$)/)?.[0] ?? 'its port'
}
