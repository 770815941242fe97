import { PlatformRefusal } from './platform-refusal.js'
import type { PlatformGrant, PlatformState } from './platform-state.js'

/** Takes a refresh token, once: the second of two who bring it is refused. */
export function redeemRefreshToken(form: URLSearchParams, platform: PlatformState): PlatformGrant {
  const application = platform.applications.get(form.get('client_id') ?? '')
  if (!application || form.get('client_secret') !== application.apiSecret)
    throw new PlatformRefusal(
      401,
      'invalid_client',
      'client_id or client_secret is invalid',
      application ? 'client_secret is wrong' : 'client_id is unknown',
    )
  const grant = platform.refreshTokens.get(form.get('refresh_token') ?? '')
  const refuse = (description: string, refusal: string) =>
    new PlatformRefusal(401, 'invalid_grant', description, refusal)
  if (!grant || grant.application.apiKey !== application.apiKey)
    throw refuse('refresh_token is invalid', 'the refresh token is unknown, or another application’s')
  if (grant.isUsed) throw refuse('refresh_token is invalid', 'the refresh token was used before')
  if (grant.refreshableUntil <= Date.now())
    throw refuse('refresh token refresh period has expired', 'it is more than 12 hours since the exchange')
  grant.isUsed = true
  const { sub, selectedRoleId, refreshableUntil, refreshCount } = grant
  return { application, sub, selectedRoleId, refreshableUntil, refreshCount: refreshCount + 1 }
}
