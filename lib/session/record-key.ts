import { hash } from 'node:crypto'

/** The key of a shared record: a hash, so that nothing that CIS2 or a browser sends can name another record or a session. */
export function recordKey(namespace: string, what: string, name: string): string {
  return `cis2.${hash('sha256', JSON.stringify([namespace, what, name]), 'base64url')}`
}
