import { parseReturnTo } from '../../lib/login/return-to.js'
import { fc } from '../support/fast-check.js'

const base = 'https://rp.example'
const routes = {
  login: '/cis2/login',
  callback: '/cis2/callback',
  logout: '/cis2/logout',
  loggedOut: '/cis2/logged-out',
  jwks: '/cis2/jwks',
}
const settings = { baseOrigin: base, basePath: '', returnToDefault: '/home', routes }
const prefixed = { ...settings, basePath: '/app' }

/** Decodes as a careless proxy or handler would: everything that looks like an escape. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  }
}

/** Where a browser would go: the result as it is, and after one and two decodings. */
function originsOf(result: string): readonly string[] {
  return [result, decoded(result), decoded(decoded(result))].map((each) => new URL(each, base).origin)
}

const leavesTheSite = [
  '//evil.example',
  '///evil.example',
  '////evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/\\/evil.example',
  'https:\\\\evil.example',
  'https:/evil.example',
  'https:evil.example',
  'https:///evil.example',
  'https://evil.example',
  'HTTPS://evil.example',
  'http:evil.example',
  '/\t/evil.example',
  '\t//evil.example',
  '/\n/evil.example',
  '/\r/evil.example',
  '/\r\n/evil.example',
  '/\v/evil.example',
  '/\0/evil.example',
  ' //evil.example',
  '\u0000//evil.example',
  '/ /evil.example',
  '\u00a0//evil.example',
  '\u2028//evil.example',
  '\ufeff//evil.example',
  'https://rp.example@evil.example',
  'https://rp.example:443@evil.example',
  '//rp.example:443@evil.example',
  '//evil.example\\@rp.example',
  '//evil.example#@rp.example',
  '//evil.example?@rp.example',
  'https://rp.example.evil.example',
  'https://evil-rp.example',
  '//rp.example.evil.example',
  '.evil.example',
  '@evil.example',
  ':443@evil.example',
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  '//evil。example',
  '//evil．example',
  '／／evil.example',
  '/／evil.example',
  '⁄⁄evil.example',
  '/\u2215evil.example',
  'http://[::1',
  '//[::1]/',
  '%',
  '/%',
  '/%zz',
  '/a%2',
  '/%E0%A4%A',
  '',
  'relative',
  '?query',
  '#fragment',
  '/é',
  '/\ud800',
  `/${'a'.repeat(100_000)}`,
  `/${'a'.repeat(2048)}`,
  `/${'"'.repeat(1024)}`,
]

const routesThemselves = [
  '/cis2/login',
  '/cis2/login?returnTo=/a',
  '/cis2/logout',
  '/cis2/callback?code=1&state=2',
  '/cis2/callback#a',
  '/cis2/jwks',
  '/cis2/logged-out',
  '/CIS2/Login',
  '/cis2/login/',
  '/a/../cis2/login',
  '/./cis2/logout',
  '/cis2/%2e/login',
  '/a/%2E%2E/cis2/login',
]

describe('parseReturnTo', () => {
  it.each(leavesTheSite)('answers %j with the default', (text) => {
    expect(parseReturnTo(text, settings)).toBe('/home')
    expect(parseReturnTo(text, prefixed)).toBe('/app/home')
  })

  const slashed = leavesTheSite.filter(
    (text) => /^[/\\\s]/.test(text) && text.length < 100 && text !== '/\ud800',
  )

  it.each(slashed)('answers %j, encoded once or twice, with something on the same site', (text) => {
    const once = encodeURIComponent(text)
    const letters = text.replace(/[^a-z.]/g, (each) => encodeURIComponent(each).replace(/^[^%]$/, each))
    for (const candidate of [
      once,
      `/${once}`,
      encodeURIComponent(once),
      `/${encodeURIComponent(once)}`,
      letters,
      `/a/..${once}`,
    ])
      expect(originsOf(parseReturnTo(candidate, settings))).toEqual([base, base, base])
  })

  it.each([
    '/%2fevil.example',
    '/%2Fevil.example',
    '/%5cevil.example',
    '/%252fevil.example',
    '/%255cevil.example',
    '/%09/evil.example',
    '/%2509/evil.example',
  ])('answers %s with the default', (text) => expect(parseReturnTo(text, settings)).toBe('/home'))

  it.each([undefined, null, 5, {}, ['/a', '/b'], ['/a']])('answers %p with the default', (value) => {
    expect(parseReturnTo(value, settings)).toBe('/home')
  })

  it.each(routesThemselves)('answers %s, a route of this library, with the default', (text) => {
    expect(parseReturnTo(text, settings)).toBe('/home')
  })

  it('knows the routes behind the prefix too', () => {
    expect(parseReturnTo('/app/cis2/login', prefixed)).toBe('/app/home')
    expect(parseReturnTo('/cis2/login', prefixed)).toBe('/app/home')
  })

  it.each([
    '/',
    '/a',
    '/a/b?c=d&e=%20f',
    '/a?next=https://other.example/',
    '/a?b=%26%3D#c',
    '/cis2/loginx',
    "/a'b(c)*!$,;:@",
    `/${'a'.repeat(2047)}`,
    `/${'"'.repeat(1023)}a`,
  ])('keeps %s byte for byte', (text) => expect(parseReturnTo(text, settings)).toBe(text))

  it('puts the prefix in front exactly once', () => {
    const texts = ['/a', '/app/a', '/app', '/app?b', '/app#c', '/apple', '/App']
    expect(texts.map((text) => parseReturnTo(text, prefixed))).toEqual([
      '/app/a',
      '/app/a',
      '/app',
      '/app?b',
      '/app#c',
      '/app/apple',
      '/app/App',
    ])
  })

  it('says the same of a page however often and among however many it is asked', () => {
    const given = { ...settings }
    const pages = Array.from({ length: 1000 }, (_, index) => `/patients/${index}`)
    for (const times of [1, 2])
      expect([times, pages.map((page) => parseReturnTo(page, given))]).toEqual([times, pages])
    for (const times of [1, 2])
      expect([times, parseReturnTo('//evil.example', given)]).toEqual([times, '/home'])
  })

  it('falls back to the root of the application when the default is one of its own routes', () => {
    expect(parseReturnTo(undefined, { ...settings, returnToDefault: '/cis2/login' })).toBe('/')
    expect(parseReturnTo(undefined, { ...prefixed, returnToDefault: '/cis2/login' })).toBe('/app/')
  })

  const piece = fc.constantFrom(
    '/',
    '\\',
    '//',
    '%2f',
    '%5c',
    '%252f',
    '%255c',
    '%09',
    '%2509',
    '%0a',
    '\t',
    '\n',
    ' ',
    '.',
    '..',
    '%2e',
    '@',
    ':',
    '?',
    '#',
    'evil.example',
    'https:',
    'javascript:',
    'app',
    '%',
    '%25',
    '%00',
    '。',
    'é',
    'a',
    '%e3%80%82',
    ';',
    '[',
    ']',
  )
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`),
    fc.webUrl().map((url) => url.slice(6)),
  )

  it.each([settings, prefixed])(
    'stays on the site whatever the text, read raw or decoded once or twice (%#)',
    (given) => {
      fc.assert(
        fc.property(hostile, (text) => {
          const result = parseReturnTo(text, given)
          expect(result).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/)
          expect(originsOf(result)).toEqual([base, base, base])
        }),
        { numRuns: 5000 },
      )
    },
  )
})
