import type { Cis2, Cis2EventName } from 'express-cis2'

// A record rather than a list: the compiler then asks for every name.
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

/** The library prints nothing by itself: without this, the reference on an error page leads nowhere. */
export function logCis2Events({ events }: Cis2): void {
  for (const name of Object.keys(names) as Cis2EventName[]) {
    events.on(name, (event) => console.log(JSON.stringify({ event: name, ...event })))
  }
}
