/** A compact JWS, taken apart but not checked. */
export interface CompactJws {
  readonly text: string
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** Takes a compact JWS apart; `undefined` when it is none. */
export function readCompactJws(text: string): CompactJws | undefined {
  const [header, claims, signature, ...others] = text.split('.')
  if (!header || !claims || !signature || others.length > 0) return undefined
  const [parsedHeader, parsedClaims] = [readPart(header), readPart(claims)]
  return parsedHeader && parsedClaims && { text, header: parsedHeader, claims: parsedClaims }
}

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
