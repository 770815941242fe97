import { environments, type Environment } from '../config/environments.js'
import { sameIssuer } from '../config/urls.js'

/** A value from outside as part of a sentence: in full where it is an address, else only what kind of thing it is. */
export function describeAddress(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value !== 'string') return value === undefined ? 'missing' : `a value of type ${typeof value}`
  if (value === '') return 'empty'
  // Without a query, a fragment or a user name an address holds no secret.
  return /^[\w.:/~-]{1,300}$/.test(value) && /[.:]/.test(value) && !/[\w-]{80}/.test(value)
    ? `"${value}"`
    : `text of ${value.length} characters`
}

/** How an address differs from the expected one, in words; nothing when it does not. Both are compared as text. */
export function describeDifference(found: string, expected: string): string | undefined {
  if (found === expected) return undefined
  if (sameIssuer(found, expected))
    return `differs only by ${/:80(\/|$)/.test(found + expected) ? ':80' : ':443'}`
  if (withoutSlash(found) === withoutSlash(expected))
    return found.endsWith('/') ? 'differs only by a "/" at its end' : 'lacks only the "/" at its end'
  if (expected.replace(/^https?:\/\//, '') === found) return 'lacks its scheme (https://)'
  if (found.replace(/^http:/, 'https:') === expected) return 'is http, not https'
  if (found.toLowerCase() === expected.toLowerCase()) return 'differs only in capital letters'
  if (!URL.canParse(found)) return 'is no address'
  return new URL(found).hostname === new URL(expected).hostname
    ? 'is another address on the same host'
    : 'is on another host'
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '')
}

/** Which service an address belongs to, where that is known. */
export type KnownPlace = Environment | 'withdrawn' | 'api-platform'

const environmentNames: readonly Environment[] = ['integration', 'deployment', 'production']

/** The environment of CIS2 that an address is in, by its host. */
export function placeOf(address: unknown): KnownPlace | undefined {
  const host = typeof address === 'string' ? hostOf(address) : undefined
  if (host === undefined) return undefined
  if (host.endsWith('.ptl.nhsd-esa.net') || host.startsWith('am.nhsdev.')) return 'withdrawn'
  if (/(^|\.)api\.service\.nhs\.uk$|(^|\.)api\.platform\.nhs\.uk$/.test(host)) return 'api-platform'
  return environmentNames.find((name) => hostOf(environments[name]) === host)
}

/** Whether an address may be the live service: whatever of the NHS is not known to be for testing counts as live. */
export function isPerhapsLive(address: string): boolean {
  const host = hostOf(address) ?? ''
  return /(^|\.)nhs\.uk$/.test(host) && !host.endsWith('.auth-ptl.cis2.spineservices.nhs.uk')
}

function hostOf(address: string): string | undefined {
  const url = /^[a-z]+:\/\//i.test(address) ? address : `https://${address}`
  return URL.canParse(url) ? new URL(url).hostname : undefined
}
