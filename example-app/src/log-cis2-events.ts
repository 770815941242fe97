import type { Cis2, Cis2EventName } from 'express-cis2'

const names: readonly Cis2EventName[] = [
  'login.succeeded',
  'login.failed',
  'logout.succeeded',
  'access.denied',
  'session.expired',
  'provider.unavailable',
  'client_authentication.refused',
  'configuration.warning',
]

/** The library prints nothing by itself: without this, the reference on an error page leads nowhere. */
export function logCis2Events({ events }: Cis2): void {
  for (const name of names) {
    events.on(name, (event) => console.log(JSON.stringify({ event: name, ...event })))
  }
}
