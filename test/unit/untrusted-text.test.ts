import { inspect } from 'node:util'
import { printablePath, quoteUntrusted, safeCause } from '../../lib/untrusted-text.js'

const secret = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI1NTUifQ.c2lnbmF0dXJl'

describe('quoteUntrusted', () => {
  it('takes out what is secret here, though it does not look it', () => {
    expect(quoteUntrusted('code short-code-1 is used', ['short-code-1'])).toBe('"code [removed] is used"')
    expect(
      inspect(
        safeCause(new Error('about short-code-1', { cause: new Error('short-code-1') }), ['short-code-1']),
      ),
    ).not.toContain('short-code-1')
  })

  it('puts the words of others in quotes', () => {
    expect(quoteUntrusted('Client not found.')).toBe('"Client not found."')
  })

  it.each([
    ['a line feed', '\n'],
    ['a carriage return', '\r'],
    ['a line separator', '\u2028'],
    ['a paragraph separator', '\u2029'],
    ['a next line', '\u0085'],
    ['a vertical tab', '\v'],
    ['NUL', '\0'],
    ['an escape', '\u001b[31m'],
    ['a bidirectional override', '\u202e'],
    ['a bidirectional isolate', '\u2066'],
    ['a zero-width space', '\u200b'],
    ['a byte order mark', '\ufeff'],
    ['a tag character', '\u{e0041}'],
  ])('keeps %s out', (_what, character) => {
    const quoted = quoteUntrusted(`before${character}after`)
    expect(quoted).not.toContain(character)
    expect(quoted).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(quoted).toMatch(/^"before.*after"$/)
  })

  it('ends after 200 characters', () => {
    const quoted = quoteUntrusted('word '.repeat(10_000))
    expect(quoted.length).toBeLessThanOrEqual(203)
    expect(quoted).toMatch(/…"$/)
  })

  it.each([
    ['a JWT', secret],
    ['a token in a query', `code=${'a1'.repeat(20)}`],
    ['base64 with padding', `${'QUJD'.repeat(12)}==`],
    ['a hexadecimal key', '0123456789abcdef'.repeat(4)],
  ])('removes %s', (_what, text) => {
    expect(quoteUntrusted(`sent ${text} to us`)).toBe('"sent [removed] to us"')
  })

  it('removes a secret that is cut off by the limit', () => {
    expect(quoteUntrusted(`${'word '.repeat(38)}${secret}`)).not.toContain('eyJhbGci')
  })

  it('escapes quotes, so that nothing can end the quotation', () => {
    expect(JSON.parse(quoteUntrusted('a" reason="fine'))).toBe('a" reason="fine')
  })

  it.each([
    [undefined, '"undefined"'],
    [null, '"object"'],
    [7, '"number"'],
    [{ secret }, '"object"'],
    [[secret], '"object"'],
  ])('names the type of %j only', (value, quoted) => {
    expect(quoteUntrusted(value)).toBe(quoted)
  })

  it('takes no long time over a long text', () => {
    const start = performance.now()
    quoteUntrusted('a'.repeat(10_000_000))
    quoteUntrusted('\n'.repeat(10_000_000))
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})

describe('printablePath', () => {
  it('leaves an ordinary path as it is', () => {
    expect(printablePath('/patients/5?a=b%20c')).toBe('/patients/5?a=b%20c')
  })

  it('escapes what a log or a terminal would not show, and ends after 300 characters', () => {
    expect(printablePath('/a\u0085b\nc é')).toBe('/a%C2%85b%0Ac%20%C3%A9')
    expect(printablePath(`/${'a'.repeat(10_000)}`)).toHaveLength(300)
  })
})

describe('safeCause', () => {
  it('keeps name, code and message of an error', () => {
    const cause = safeCause(Object.assign(new TypeError('connect refused'), { code: 'ECONNREFUSED' }))
    expect(cause).toBeInstanceOf(Error)
    expect(cause.message).toBe('TypeError ECONNREFUSED: "connect refused"')
  })

  it('keeps no property, no stack and no secret, all the way down', () => {
    const inner = Object.assign(new Error(`token ${secret}`), { body: secret, [Symbol('hidden')]: secret })
    const outer = Object.assign(new Error(`failed\nwith ${secret}`, { cause: inner }), {
      response: { secret },
    })
    const cause = safeCause(outer)
    const text = inspect(cause, { depth: 10, showHidden: true })
    expect(text).not.toContain(secret)
    expect(text).not.toContain('untrusted-text.test')
    expect(cause.message).toBe('Error: "failed with [removed]"')
    expect((cause.cause as Error).message).toBe('Error: "token [removed]"')
  })

  it.each([[secret], [{ secret }], [undefined], [null], [7]])(
    'says of a thrown %j only its type',
    (thrown) => {
      expect(safeCause(thrown).message).toBe(`thrown value of type ${typeof thrown}`)
    },
  )

  it('passes its own copies as they are, also deep inside', () => {
    const once = safeCause(new Error('said "no"'))
    expect(safeCause(once)).toBe(once)
    expect(safeCause(new Error('outer', { cause: once })).cause).toBe(once)
  })

  it('ends with an error that is its own cause', () => {
    const endless = new Error('round')
    endless.cause = endless
    expect(safeCause(endless).message).toBe('Error: "round"')
  })

  it.each(['message', 'name', 'code', 'cause'])('does not let an error speak whose %s throws', (name) => {
    const odd = Object.defineProperty(new Error('x'), name, {
      get(): never {
        throw new Error(secret)
      },
    })
    expect(inspect(safeCause(odd), { depth: 9, showHidden: true })).not.toContain(secret)
  })

  it('keeps an odd name and code on one line and short', () => {
    const odd = Object.assign(new Error('x'), { code: `A\nB ${secret}` })
    odd.name = `Odd\n${secret}`
    const { message } = safeCause(odd)
    expect(message).not.toContain('\n')
    expect(message).not.toContain(secret)
  })
})
