/** An assertion taken apart; nothing in it has been believed yet. */
export interface Assertion {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly signingInput: Buffer
  readonly signature: Buffer
}

/** What stood around an assertion that somebody gave us with its token request. */
export interface TokenRequestShape {
  readonly isJson: boolean
  readonly assertionType: string | undefined
  readonly hasSecret: boolean
  /** The scheme of an Authorization header: `Basic`. */
  readonly authorization: string | undefined
  /** Parameters that are there more than once. */
  readonly repeated: readonly string[]
}

/** What somebody gave us to explain. */
export interface SuppliedAssertion {
  readonly assertion: Assertion | { readonly problem: string }
  /** Nothing when only the assertion was given. */
  readonly request: TokenRequestShape | undefined
}

/**
 * Reads what another program sent: an assertion, or the token request that carries it (the body alone, or with its
 * headers as a log has them).
 */
export function parseSuppliedAssertion(text: string): SuppliedAssertion {
  const { headers, body } = splitRequest(text.trim())
  const authorization = /^authorization:\s*([A-Za-z]+)/im.exec(headers)?.[1]
  if (body.startsWith('{') && body.includes('client_assertion')) {
    const members = parseObject(body)
    const shape = { ...shapeOf(new URLSearchParams(textsOf(members)), authorization), isJson: true }
    return { assertion: parseAssertion(textOf(members['client_assertion'])), request: shape }
  }
  if (/(^|&)(client_assertion|grant_type)=/.test(body)) {
    const form = new URLSearchParams(body.replace(/\s/g, ''))
    return {
      assertion: parseAssertion(form.get('client_assertion') ?? ''),
      request: shapeOf(form, authorization),
    }
  }
  return { assertion: parseAssertion(body.replace(/^["']|["']$/g, '')), request: undefined }
}

function splitRequest(text: string): { headers: string; body: string } {
  const [headers = '', ...rest] = text.split(/\r?\n\r?\n/)
  if (rest.length === 0 || !/^(POST\s|[A-Za-z-]+:\s)/.test(text)) return { headers: '', body: text }
  return { headers, body: rest.join('').trim() }
}

function shapeOf(form: URLSearchParams, authorization: string | undefined): TokenRequestShape {
  return {
    isJson: false,
    assertionType: form.get('client_assertion_type') ?? undefined,
    hasSecret: form.has('client_secret'),
    authorization,
    repeated: [...new Set(form.keys())].filter((name) => form.getAll(name).length > 1),
  }
}

/** Takes a compact JWS apart. A problem says what the text is, and holds none of it. */
export function parseAssertion(text: string): Assertion | { readonly problem: string } {
  if (text === '') return { problem: 'nothing: the text is empty' }
  if (['undefined', 'null', '[object Object]', '[object Promise]', 'NaN'].includes(text))
    return { problem: `the word ${text}: the program sent a variable that has no value yet` }
  const parts = text.split('.')
  const [head = '', payload = '', signature = ''] = parts
  if (parts.length !== 3)
    return {
      problem: `text of ${text.length} characters that is no JWT: it has ${parts.length} parts, not 3`,
    }
  if (!parts.every((part) => /^[\w-]+$/.test(part)))
    return { problem: 'three parts that are not all base64url (A–Z, a–z, 0–9, - and _)' }
  const header = parseObject(Buffer.from(head, 'base64url').toString('utf8'))
  const claims = parseObject(Buffer.from(payload, 'base64url').toString('utf8'))
  if (Object.keys(header).length === 0 || Object.keys(claims).length === 0)
    return { problem: 'three parts that do not hold JSON objects' }
  return {
    header,
    claims,
    signingInput: Buffer.from(`${head}.${payload}`),
    signature: Buffer.from(signature, 'base64url'),
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
  } catch {
    return {}
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function textsOf(members: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, textOf(value)]))
}
