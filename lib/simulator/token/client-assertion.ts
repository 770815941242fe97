import { notValid } from './token-refusal.js'

/** A client assertion, taken apart but not checked. */
export interface ClientAssertion {
  readonly text: string
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** Takes an assertion apart; one that is no JWT is refused as CIS2 does. */
export function parseClientAssertion(text: string): ClientAssertion {
  const parts = text.split('.')
  const [header, claims, signature] = parts
  if (parts.length !== 3 || !header || !claims || !signature || !/^[\w.-]+$/.test(text))
    throw notValid(`client_assertion is not a compact JWS: it has ${parts.length} parts`)
  return { text, header: parsePart(header, 'header'), claims: parsePart(claims, 'payload') }
}

function parsePart(part: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Refused below, like anything else that is not an object.
  }
  throw notValid(`the assertion's ${name} is not a JSON object`)
}
