import { jest } from '@jest/globals'
import { LoginAttempts } from '../../lib/attempt/login-attempts.js'
import { LoginsInFlight } from '../../lib/attempt/logins-in-flight.js'
import { Cis2Error } from '../../lib/index.js'
import { testKeys, testSecret } from '../support/keys.js'

const settings = {
  secrets: [testSecret],
  issuer: 'https://am.example/realm',
  clientId: testKeys.clientId,
  redirectUri: 'https://rp.example/cis2/callback',
  isSecure: true,
  isFormPost: false,
}
const wish = { returnTo: '/private?a=b', reference: 'ABCD-1234' }
const otherSecret = 'another secret, of at least 32 characters: 0123456789'

function make(changes: Partial<typeof settings> = {}): LoginAttempts {
  return new LoginAttempts({ ...settings, ...changes })
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Cis2Error) return error.code
    throw error
  }
  return 'accepted'
}

function begin(attempts: LoginAttempts): { state: string; cookie: string; name: string; value: string } {
  const { attempt, cookieValue } = attempts.start(wish)
  const name = attempts.cookies.name(attempt.state)
  return { state: attempt.state, name, value: cookieValue, cookie: `${name}=${cookieValue}` }
}

/** Another character instead of one. */
function changed(text: string, index: number): string {
  return text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)
}

describe('a login attempt', () => {
  afterEach(() => jest.restoreAllMocks())

  it('comes back as it was started', () => {
    const attempts = make()
    const { attempt, cookieValue } = attempts.start(wish)
    const cookie = `a=b; ${attempts.cookies.name(attempt.state)}=${cookieValue}; c=d`
    expect(attempts.open(attempt.state, cookie)).toEqual({
      ...attempt,
      ...wish,
      isUsed: false,
      isExpired: false,
    })
  })

  it('opens in another process with the same secret', () => {
    const { state, cookie } = begin(make())
    expect(make().open(state, cookie).returnTo).toBe(wish.returnTo)
  })

  it('has a nonce of 192 and a verifier of 256 bits, unlike each other and in neither cookie nor state', () => {
    const { attempt, cookieValue } = make().start(wish)
    expect(attempt.nonce).toMatch(/^[A-Za-z0-9_-]{32}$/)
    expect(attempt.codeVerifier).toMatch(/^[A-Za-z0-9_-]{43}$/)
    for (const text of [attempt.nonce, attempt.codeVerifier]) {
      expect(cookieValue + attempt.state).not.toContain(text)
    }
    expect(attempt.nonce).not.toBe(attempt.codeVerifier)
  })

  it('is unique, ten thousand times over', () => {
    const attempts = make()
    const made = Array.from({ length: 10_000 }, () => attempts.start(wish).attempt)
    for (const member of ['state', 'nonce', 'codeVerifier'] as const)
      expect(new Set(made.map((each) => each[member])).size).toBe(10_000)
  })

  it('opens with the previous secret, and not with one that is gone', () => {
    const { state, cookie } = begin(make())
    expect(make({ secrets: [otherSecret, testSecret] }).open(state, cookie).returnTo).toBe(wish.returnTo)
    expect(codeOf(() => make({ secrets: [otherSecret] }).open(state, cookie))).toBe('ERR_CIS2_STATE_UNKNOWN')
  })

  it.each([
    { clientId: 'other' },
    { redirectUri: 'https://rp.example/other' },
    { issuer: 'https://am.example/other' },
  ])('is worth nothing to another client, or at another provider: %p', (changes) => {
    const { state, cookie } = begin(make())
    expect(codeOf(() => make(changes).open(state, cookie))).toBe('ERR_CIS2_STATE_UNKNOWN')
  })

  it.each([
    { clientId: 'other' },
    { redirectUri: 'https://rp.example/other' },
    { issuer: 'https://am.example/other' },
  ])('as a link for a stronger login opens for the same client only: %p', (changes) => {
    const stepUp = { sub: '555000000001', authentication: 3 }
    const sealed = make().sealStepUp(stepUp)
    expect(make().openStepUp(sealed)).toEqual(stepUp)
    expect(make(changes).openStepUp(sealed)).toBeUndefined()
    expect(make().openStepUp(begin(make()).value)).toBeUndefined()
  })

  it('is refused without this browser’s cookie', () => {
    const attempts = make()
    const { state, cookie } = begin(attempts)
    for (const header of [undefined, '', 'a=b', begin(attempts).cookie, cookie.toLowerCase()])
      expect(codeOf(() => attempts.open(state, header))).toBe('ERR_CIS2_ATTEMPT_COOKIE_MISSING')
  })

  it('is refused with the cookie of another attempt, a changed one or two', () => {
    const attempts = make()
    const { state, name, value, cookie } = begin(attempts)
    const values = [
      begin(attempts).value,
      '',
      'x',
      `${value}AAAA`,
      value.slice(4),
      ...[0, 20, value.length - 2].map((at) => changed(value, at)),
    ]
    for (const each of values)
      expect(codeOf(() => attempts.open(state, `${name}=${each}`))).toBe('ERR_CIS2_ATTEMPT_COOKIE_INVALID')
    expect(codeOf(() => attempts.open(state, `${cookie}; ${name}=x`))).toBe('ERR_CIS2_ATTEMPT_COOKIE_INVALID')
    expect(codeOf(() => attempts.open(state, `${name}=x; ${cookie}`))).toBe('ERR_CIS2_ATTEMPT_COOKIE_INVALID')
  })

  it('is refused with any other spelling of its state', () => {
    const attempts = make()
    const { state, cookie } = begin(attempts)
    const spellings = [
      '',
      'x',
      state.slice(1),
      `${state}=`,
      `${state} `,
      ` ${state}`,
      state.toLowerCase(),
      `${state}A`,
      '💩'.repeat(26),
    ]
    for (const each of spellings)
      expect(codeOf(() => attempts.open(each, cookie))).toBe('ERR_CIS2_STATE_UNKNOWN')
    for (let at = 0; at < state.length; at++)
      expect(codeOf(() => attempts.open(changed(state, at), cookie))).toBe('ERR_CIS2_STATE_UNKNOWN')
  })

  it('lasts ten minutes, and is refused from the future', () => {
    const attempts = make()
    const { state, cookie } = begin(attempts)
    const start = Date.now()
    const isExpiredAt = (seconds: number): boolean => {
      jest.spyOn(Date, 'now').mockReturnValue(start + seconds * 1000)
      return attempts.open(state, cookie).isExpired
    }
    expect([599, 602, -50, -62].map(isExpiredAt)).toEqual([false, true, false, true])
    expect(codeOf(() => attempts.open(state, undefined))).toBe('ERR_CIS2_ATTEMPT_EXPIRED')
  })

  it('says when it was used', () => {
    const attempts = make()
    const { attempt } = attempts.start(wish)
    const cookie = `${attempts.cookies.name(attempt.state)}=${attempts.usedCookieValue(attempt)}`
    expect(attempts.open(attempt.state, cookie)).toMatchObject({ ...wish, isUsed: true })
    expect(attempts.remainingSeconds(attempt)).toBeGreaterThan(590)
  })
})

describe('the cookies of attempts', () => {
  it.each([
    [{}, '__Host-', { httpOnly: true, secure: true, sameSite: 'lax', path: '/' }],
    [{ isSecure: false }, 'cis2.', { httpOnly: true, secure: false, sameSite: 'lax', path: '/' }],
    [{ isFormPost: true }, '__Host-', { httpOnly: true, secure: true, sameSite: 'none', path: '/' }],
  ])('with %p are named %s… and have attributes %p', (changes, prefix, attributes) => {
    const { cookies } = make(changes)
    expect(cookies.name('state').startsWith(prefix)).toBe(true)
    expect(cookies.attributes).toEqual(attributes)
  })

  it('of two clients have different names', () => {
    expect(make().cookies.name('state')).not.toBe(make({ clientId: 'other' }).cookies.name('state'))
  })

  it('stay under 20, the oldest going first', () => {
    const attempts = make()
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now')
    const made = Array.from({ length: 25 }, (_, index) => {
      clock.mockReturnValue(start + index)
      return begin(attempts)
    })
    clock.mockRestore()
    const short = made
      .map(({ name }) => `${name}=x`)
      .reverse()
      .join('; ')
    expect(attempts.cookies.namesToEvict(short, 'new', 'x')).toEqual(made.slice(0, 6).map(({ name }) => name))
  })

  it('stay under 4 KiB', () => {
    const attempts = make()
    const header = Array.from({ length: 5 }, () => begin(attempts).name)
      .map((name) => `${name}=${'x'.repeat(1000)}`)
      .join('; ')
    expect(attempts.cookies.namesToEvict(header, 'new', 'x'.repeat(1000))).toHaveLength(3)
  })

  it('of others are left alone', () => {
    const strangers = [
      ...Array.from({ length: 30 }, (_, index) => `a${index}=b`),
      begin(make({ clientId: 'other' })).cookie,
    ].join('; ')
    expect(make().cookies.namesToEvict(strangers, 'new', 'x')).toEqual([])
  })
})

describe('logins in flight', () => {
  it('are known by state until they end, also when they fail', async () => {
    const inFlight = new LoginsInFlight(600)
    let finish = (_: { sessionId: string }): void => undefined
    const run = inFlight.run('one', () => new Promise((resolve) => (finish = resolve)))
    expect(inFlight.running('one')).toBeDefined()
    finish({ sessionId: 'id' })
    await expect(run).resolves.toEqual({ sessionId: 'id' })
    expect(inFlight.running('one')).toBeUndefined()
    await expect(inFlight.run('two', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(inFlight.running('two')).toBeUndefined()
  })

  it('leave their state used', () => {
    const inFlight = new LoginsInFlight(600)
    inFlight.use('one')
    expect([inFlight.isUsed('one'), inFlight.isUsed('two')]).toEqual([true, false])
  })

  it('remember a bounded number of states', () => {
    const inFlight = new LoginsInFlight(600)
    for (let index = 0; index < 10_500; index++) inFlight.use(String(index))
    expect([inFlight.isUsed('0'), inFlight.isUsed('10499')]).toEqual([false, true])
  })
})
