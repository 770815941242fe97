import type { Cis2EventName } from '../../lib/index.js'

// A record rather than a list: the compiler then demands every name.
const names: Record<Cis2EventName, true> = {
  'login.started': true,
  'login.succeeded': true,
  'login.failed': true,
  'login.diagnosed': true,
  'logout.succeeded': true,
  'logout.failed': true,
  'session.expired': true,
  'access.denied': true,
  'role.selected': true,
  'user.switched': true,
  'client_authentication.refused': true,
  'provider.unavailable': true,
  'platform_token.issued': true,
  'platform_token.refreshed': true,
  'platform_token.failed': true,
  'keys.rotated': true,
  'back_channel_logout.received': true,
  'back_channel_logout.refused': true,
  'configuration.warning': true,
}

export const eventNames = Object.keys(names) as Cis2EventName[]
