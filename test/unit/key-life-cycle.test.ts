import { generateKeyPairSync } from 'node:crypto'
import {
  createCis2,
  createJwks,
  type Cis2Options,
  type PrivateJwk,
  type PrivateJwks,
} from '../../lib/index.js'
import { parseKeySet, type KeySet } from '../../lib/keys/key-set.js'
import { resetClock, setClock } from '../support/fake-clock.js'
import { fc } from '../support/fast-check.js'
import { testKeys, testSecret } from '../support/keys.js'

// Which key signs, and when.

const hour = 60 * 60 * 1000
const start = Date.parse('2026-03-01T09:00:00Z')
// The life of a key is the same for every kind of key; these are quick to make.
const pairs = Array.from({ length: 5 }, () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }))

function key(index: number, life: Partial<PrivateJwk> = {}): PrivateJwk {
  const jwk = pairs[index]?.privateKey.export({ format: 'jwk' }) ?? {}
  return { ...jwk, kid: `key ${index}`, alg: 'ES256', ...life }
}

function publicOnly(index: number, life: Partial<PrivateJwk> = {}): PrivateJwk {
  return {
    ...pairs[index]?.publicKey.export({ format: 'jwk' }),
    kid: `key ${index}`,
    alg: 'ES256',
    ...life,
  }
}

function hoursAgo(hours: number): string {
  return new Date(start - hours * hour).toISOString()
}

beforeEach(() => setClock(start))
afterAll(() => resetClock())

function parse(keys: PrivateJwks['keys'], minimumPublishedHours?: number): KeySet | string {
  const problems: string[] = []
  const report = (option: string, message: string): void => void problems.push(`${option} ${message}`)
  return parseKeySet({ jwks: { keys } }, 'ES256', report, minimumPublishedHours) ?? problems.join('; ')
}

function good(keys: PrivateJwks['keys'], minimumPublishedHours?: number): KeySet {
  const set = parse(keys, minimumPublishedHours)
  if (typeof set === 'string') throw new Error(set)
  return set
}

it('never signs by itself where no date is far enough, and that is no error', () => {
  const set = good([key(0), key(1, { publishedAt: hoursAgo(1) })], Number.MAX_SAFE_INTEGER)
  expect([set.signingKey.kid, set.waiting]).toEqual(['key 0', []])
  const next = good([key(0), key(1, { status: 'next', publishedAt: hoursAgo(1) })], Number.MAX_SAFE_INTEGER)
  expect(next.waiting).toEqual([{ kid: 'key 1' }])
})

describe('the key that signs', () => {
  it.each<readonly [string, PrivateJwk[], string]>([
    ['is the first with private members', [publicOnly(0), key(1), key(2)], 'key 1'],
    [
      'is the first active one',
      [key(0), key(1, { status: 'active' }), key(2, { status: 'active' })],
      'key 1',
    ],
    ['is none that is next', [key(0, { status: 'next' }), key(1)], 'key 1'],
    ['is none that is retired', [key(0, { status: 'retired' }), key(1)], 'key 1'],
    [
      'is the newest that has been published for 24 hours',
      [
        key(0, { publishedAt: hoursAgo(900) }),
        key(1, { publishedAt: hoursAgo(24) }),
        key(2, { publishedAt: hoursAgo(23.9) }),
      ],
      'key 1',
    ],
    ['is one of known age before one of unknown', [key(0), key(1, { publishedAt: hoursAgo(25) })], 'key 1'],
    ['is one of unknown age before a young one', [key(0, { publishedAt: hoursAgo(2) }), key(1)], 'key 1'],
    [
      'is a next one whose time has come',
      [key(0), key(1, { status: 'next', publishedAt: hoursAgo(25) })],
      'key 1',
    ],
    [
      'stays the active one when another is old enough',
      [key(0, { status: 'active' }), key(1, { status: 'next', publishedAt: hoursAgo(900) })],
      'key 0',
    ],
    [
      'is an active one however young',
      [key(0, { publishedAt: hoursAgo(900) }), key(1, { status: 'active', publishedAt: hoursAgo(0) })],
      'key 1',
    ],
    [
      'is not a retired one however new',
      [key(0, { publishedAt: hoursAgo(900) }), key(1, { status: 'retired', publishedAt: hoursAgo(30) })],
      'key 0',
    ],
    [
      'is the oldest when all are young',
      [key(0, { publishedAt: hoursAgo(1) }), key(1, { publishedAt: hoursAgo(2) })],
      'key 1',
    ],
    [
      'is the first of two with the same date',
      [key(0, { publishedAt: hoursAgo(50) }), key(1, { publishedAt: hoursAgo(50) })],
      'key 0',
    ],
    ['counts a date alone from the end of its day', [key(0), key(1, { publishedAt: '2026-02-28' })], 'key 0'],
    ['counts an earlier date alone', [key(0), key(1, { publishedAt: '2026-02-27' })], 'key 1'],
    ['minds the time zone', [key(0), key(1, { publishedAt: '2026-02-28T09:00:00-02:00' })], 'key 0'],
    [
      'minds the time zone in the other direction',
      [key(0), key(1, { publishedAt: '2026-02-28T10:30+02:00' })],
      'key 1',
    ],
  ])('%s', (_, keys, expected) => {
    expect(good(keys).signingKey.kid).toBe(expected)
  })

  it('takes over by itself, to the millisecond', () => {
    const set = good([key(0), key(1, { status: 'next', publishedAt: hoursAgo(0) })])
    expect(set.waiting).toEqual([{ kid: 'key 1', signsFrom: '2026-03-02T09:00:00.000Z' }])
    setClock(start + 24 * hour - 1)
    expect(set.signingKey.kid).toBe('key 0')
    setClock(start + 24 * hour)
    expect(set.signingKey.kid).toBe('key 1')
    expect(set.waiting).toEqual([])
  })

  it('takes over after the hours that the option says', () => {
    const keys = [key(0), key(1, { publishedAt: hoursAgo(0) })]
    setClock(start + 2 * hour)
    expect(good(keys, 2).signingKey.kid).toBe('key 1')
    expect(good(keys, 2.01).signingKey.kid).toBe('key 0')
  })

  it('waits for somebody to say so where a key has no date, or another is pinned', () => {
    const next = key(1, { status: 'next', publishedAt: hoursAgo(0) })
    expect(good([key(0), key(1, { status: 'next' })]).waiting).toEqual([{ kid: 'key 1' }])
    expect(good([key(0, { status: 'active' }), next]).waiting).toEqual([{ kid: 'key 1' }])
  })

  it('does not vanish when the clock is set back', () => {
    const set = good([key(0, { status: 'next', publishedAt: hoursAgo(25) })])
    setClock(start - 100 * hour)
    expect(set.signingKey.kid).toBe('key 0')
  })

  it('is refused where there is none, and why', () => {
    const young = key(0, { status: 'next', publishedAt: hoursAgo(1) })
    expect(parse([young])).toMatch(
      /no private key that may sign: the "next" keys have not been published for 24 hours/,
    )
    expect(parse([key(0, { status: 'next' })])).toMatch(/every key is public-only, "next" or "retired"/)
    expect(parse([publicOnly(0)])).toMatch(/every key is public-only/)
  })
})

describe('whatever the set', () => {
  const life = fc.record(
    {
      status: fc.constantFrom('next', 'active', 'retired'),
      publishedAt: fc.integer({ min: -100, max: 100 }).map((hours) => hoursAgo(hours)),
    },
    { requiredKeys: [] },
  )
  const member = fc.tuple(fc.boolean(), life)
  const sets = fc.array(member, { minLength: 1, maxLength: pairs.length }).map((members) =>
    members.map(([isPrivate, given], index) => {
      const { status, ...rest } = given
      return isPrivate ? key(index, given) : publicOnly(index, status === 'active' ? rest : given)
    }),
  )

  it('exactly one key signs at any time, it is published, and nothing private is', () => {
    fc.assert(
      fc.property(sets, fc.array(fc.integer({ min: -200, max: 200 }), { maxLength: 5 }), (keys, hours) => {
        setClock(start)
        const set = parse(keys)
        if (typeof set === 'string') {
          const mayNeverSign = keys.every(
            ({ d, status }) => d === undefined || status === 'next' || status === 'retired',
          )
          expect(mayNeverSign).toBe(true)
          return
        }
        for (const passed of [0, ...hours]) {
          setClock(start + passed * hour)
          const { signingKey, publicJwks, waiting, body } = set
          const signers = keys.filter(({ kid }) => kid === signingKey.kid)
          expect(signers).toHaveLength(1)
          expect(signers[0]?.d).toBeDefined()
          expect(signers[0]?.status).not.toBe('retired')
          expect(publicJwks.keys).toContain(signingKey.publicJwk)
          expect(waiting.map(({ kid }) => kid)).not.toContain(signingKey.kid)
          expect(publicJwks.keys.map(({ kid }) => kid)).toEqual(keys.map(({ kid }) => kid))
          expect(body).not.toMatch(/"(d|p|q|dp|dq|qi|k|status|publishedAt)":/)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('a promised date is kept', () => {
    fc.assert(
      fc.property(sets, (keys) => {
        setClock(start)
        const set = parse(keys)
        if (typeof set === 'string') return
        for (const { kid, signsFrom } of set.waiting) {
          if (signsFrom === undefined) continue
          setClock(Date.parse(signsFrom))
          expect(set.signingKey.kid).toBe(kid)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('createJwks', () => {
  it('takes a set with dates, and publishes none of them', () => {
    const { keys } = createJwks({
      jwks: { keys: [key(0), key(1, { status: 'next', publishedAt: hoursAgo(1) })] },
    })
    expect(keys.map(({ kid }) => kid)).toEqual(['key 0', 'key 1'])
    expect(JSON.stringify(keys)).not.toMatch(/status|publishedAt/)
  })
})

describe('a warning about the keys at start-up', () => {
  function warningsOf(options: Partial<Cis2Options>): string[] {
    const cis2 = createCis2({
      issuer: 'http://127.0.0.1:9/realm',
      clientId: testKeys.clientId,
      baseUrl: 'https://rp.sim.test',
      secret: testSecret,
      ...options,
    })
    const heard: string[] = []
    cis2.events.on('configuration.warning', ({ option, message }) => heard.push(`${option} ${message}`))
    return heard
  }

  it.each<readonly [string, PrivateJwk[], RegExp]>([
    [
      'is raised for an active key that is too young',
      [key(0, { publishedAt: hoursAgo(900) }), key(1, { status: 'active', publishedAt: hoursAgo(1) })],
      /^jwks has the key "key 1" marked "active" before it was published for 24 hours/,
    ],
    [
      'is raised for a young key that has to sign',
      [key(0, { publishedAt: hoursAgo(1) })],
      /there is no older one/,
    ],
    [
      'is raised for a date in the future',
      [key(0), key(1, { status: 'next', publishedAt: hoursAgo(-1) })],
      /"key 1" with a "publishedAt" in the future/,
    ],
    [
      'is raised for an old key without a next one',
      [key(0, { publishedAt: hoursAgo(366 * 24) })],
      /"key 0" signing for more than 365 days, and no next key/,
    ],
  ])('%s', (_, keys, message) => {
    expect(warningsOf({ jwks: { keys } })).toEqual([expect.stringMatching(message)])
  })

  it.each<readonly [string, PrivateJwk[]]>([
    ['a plain set', [key(0), publicOnly(1)]],
    [
      'a rotation on its way',
      [key(0, { publishedAt: hoursAgo(900) }), key(1, { status: 'next', publishedAt: hoursAgo(1) })],
    ],
    ["today's date alone", [key(0), key(1, { status: 'next', publishedAt: '2026-03-01' })]],
    ['an old key with a next one', [key(0, { publishedAt: hoursAgo(366 * 24) }), key(1, { status: 'next' })]],
  ])('is not raised for %s', (_, keys) => {
    expect(warningsOf({ jwks: { keys } })).toEqual([])
  })

  it('is raised for a minimum age below the hour of the cache', () => {
    const jwks = { keys: [key(0)] }
    expect(warningsOf({ jwks, keys: { minimumPublishedHours: 0.5 } })).toEqual([
      expect.stringMatching(/^keys\.minimumPublishedHours is below 1 hour/),
    ])
    expect(warningsOf({ jwks, keys: { minimumPublishedHours: 1 } })).toEqual([])
    expect(() => warningsOf({ jwks, keys: { minimumPublishedHours: 0 } })).toThrow(/above 0 hours/)
  })
})
