import { epochSeconds } from '../clock.js'
import { describeAddress } from './describe-address.js'
import type { Assertion } from './parse-assertion.js'

/** What an assertion says, to read without pasting it anywhere: names, addresses and times, and never the whole. */
export function describeAssertion({ header, claims }: Assertion): Readonly<Record<string, string>> {
  const { alg, typ, kid } = header
  const { iss, sub, aud, iat, exp, nbf, jti } = claims
  const said = {
    alg: describeName(alg),
    typ: describeName(typ),
    kid: describeName(kid),
    iss: describeClientId(iss),
    sub: sub === iss ? 'the same' : describeClientId(sub),
    aud: describeAddress(aud),
    iat: describeTime(iat),
    exp: describeTime(exp),
    ...(nbf === undefined ? {} : { nbf: describeTime(nbf) }),
    jti: typeof jti === 'string' ? `${jti.length} characters` : describeName(jti),
  }
  const others = Object.keys(claims).filter((name) => !(name in said)).length
  return others === 0 ? said : { ...said, 'other claims': String(others) }
}

function describeName(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value !== 'string') return `a value of type ${typeof value}`
  return /^[\w.:+/=-]{1,64}$/.test(value) ? value : `text of ${value.length} characters`
}

// A client id has dots in it; the API key of the API platform, which has none, is better not repeated.
function describeClientId(value: unknown): string {
  return typeof value === 'string' && !value.includes('.')
    ? `text of ${value.length} characters, without a dot`
    : describeName(value)
}

const earliest = Date.UTC(2000, 0) / 1000
const latest = Date.UTC(2100, 0) / 1000

function describeTime(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value !== 'number') return `a value of type ${typeof value}`
  if (!(value > earliest && value < latest)) return `${value}, which is no time in seconds`
  const seconds = Math.round(value - epochSeconds())
  const distance = seconds > 0 ? `in ${seconds} seconds` : `${-seconds} seconds ago`
  return `${new Date(value * 1000).toISOString()} (${distance})`
}
