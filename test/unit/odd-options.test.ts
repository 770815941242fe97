import { inspect } from 'node:util'
import {
  ConfigurationError,
  createCis2,
  diagnose,
  optionsFromEnv,
  type Cis2Options,
} from '../../lib/index.js'
import { testKeys, testSecret } from '../support/keys.js'

const good = {
  environment: 'integration',
  clientId: testKeys.clientId,
  baseUrl: 'https://app.example.nhs.uk',
  jwks: testKeys.jwks,
  secret: testSecret,
}
const withHole: unknown[] = []
withHole[1] = testKeys.jwks.keys[0]
const secretWords = 'the vault says 4f7a'

function getter(target: object, name: string, get: () => unknown): object {
  return Object.defineProperty(target, name, { get, enumerable: true })
}
function fail(): never {
  throw new Error(secretWords)
}

// Wrong values on purpose, which the compiler would refuse.
function create(options: unknown): void {
  void createCis2(options as Cis2Options).close()
}

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run()
  } catch (error) {
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(secretWords)
    if (error instanceof ConfigurationError)
      return error.problems.map(({ option, message }) => `${option} ${message}`)
    throw error
  }
  return []
}

describe('options that throw when they are read', () => {
  const throwing = 'cannot be read: reading it threw an error'
  it.each<readonly [string, unknown, readonly string[]]>([
    ['a getter', getter({ ...good }, 'clientId', fail), ['clientId']],
    ['two getters', getter(getter({ ...good }, 'clientId', fail), 'secret', fail), ['clientId', 'secret']],
    [
      'a getter inside',
      { ...good, session: getter({}, 'idleTimeoutMinutes', fail) },
      ['session.idleTimeoutMinutes'],
    ],
    [
      'a getter of an extra parameter',
      { ...good, authorizationParams: getter({}, 'ui_locales', fail) },
      ['authorizationParams.ui_locales'],
    ],
    ['a proxy', new Proxy({ ...good }, { ownKeys: fail }), ['options']],
    [
      'a proxy inside',
      { ...good, authorizationParams: new Proxy({}, { ownKeys: fail }) },
      ['authorizationParams'],
    ],
    ['a store', { ...good, store: getter({}, 'get', fail) }, ['store']],
    ['a key set', { ...good, jwks: getter({}, 'keys', fail) }, ['jwks']],
    ['a key', { ...good, jwks: { keys: [getter({}, 'status', fail)] } }, ['jwks.keys[0]']],
    [
      'a signer',
      { ...good, jwks: undefined, signingKey: getter({ sign: fail }, 'publicJwk', fail) },
      ['signingKey'],
    ],
  ])('are named, without the words of the error: %s', (_what, options, names) => {
    expect(problemsOf(() => create(options))).toEqual(names.map((name) => `${name} ${throwing}`))
  })

  it('are a finding of the doctor like any other', async () => {
    const options = getter({ ...good, fetch: fail }, 'clientId', fail) as Cis2Options
    const found = await diagnose(options, { liveProbe: false })
    expect(found.checks.find(({ id }) => id === 'settings-valid')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining(`clientId ${throwing}`) as string,
    })
  })

  it('are read once each, so that no two answers are mixed', () => {
    let asked = 0
    create(getter({ ...good }, 'baseUrl', () => (asked++, good.baseUrl)))
    expect(asked).toBe(1)
  })
})

describe('options of another make', () => {
  it.each<readonly [string, unknown]>([
    ['frozen', Object.freeze({ ...good })],
    ['without a prototype', Object.assign(Object.create(null) as object, good)],
    ['of a class', Object.assign(new (class Options {})(), good)],
    ['behind a proxy', new Proxy({ ...good }, {})],
  ])('work: %s', (_what, options) => {
    expect(problemsOf(() => create(options))).toEqual([])
  })

  it.each<readonly [string, object, RegExp]>([
    ['extra parameters in a URLSearchParams', { authorizationParams: new URLSearchParams('a=b') }, /^auth/],
    [
      'extra parameters in a Map',
      { authorizationParams: new Map([['a', 'b']]) },
      /^authorizationParams must/,
    ],
    [
      'an extra parameter without a prototype',
      { authorizationParams: { a: Object.create(null) as object } },
      /^authorizationParams\.a must be text/,
    ],
    ['a session in a Map', { session: new Map([['idleTimeoutMinutes', 5]]) }, /^session must be an object/],
    ['a promise of a session', { session: Promise.resolve({}) }, /^session .*a promise: wait for it first/],
    ['a route that browsers never ask for', { routes: { login: '/../login' } }, /^routes\.login must be/],
    ['a route with a dot in it', { routes: { login: '/a/./login' } }, /^routes\.login must be/],
    [
      'an address that a terminal would obey',
      { baseUrl: 'https://a.example/\u001b[2J' },
      /^baseUrl has .*invisible/,
    ],
    [
      'an address that reads from the right',
      { baseUrl: 'https://a.example/\u202e' },
      /^baseUrl has .*invisible/,
    ],
    ['an address without its slashes', { baseUrl: 'https:app.example' }, /^baseUrl must begin with https:/],
    [
      'an address with a slash too many',
      { baseUrl: 'https:///app.example' },
      /^baseUrl must begin with https:/,
    ],
    [
      'a path that leads to another host',
      { baseUrl: 'https://app.example//evil.example' },
      /^baseUrl has two slashes/,
    ],
    [
      'a path with dots',
      { baseUrl: 'https://app.example/a/../b' },
      /^baseUrl has a path .* write it as "\/b"/,
    ],
    ['a path with escaped dots', { baseUrl: 'https://app.example/a/%2e%2E/b' }, /write it as "\/b"/],
    ['a path that is not ASCII', { baseUrl: 'https://app.example/bücher' }, /write it as "\/b%C3%BCcher"/],
    ['a client id in quotes', { clientId: '"888.apps.national"' }, /^clientId has quotes around it/],
    ['a key set with a hole in it', { jwks: { keys: withHole } }, /^jwks\.keys\[0\]/],
  ])('are refused rather than ignored: %s', (_what, changes, expected) => {
    const problems = problemsOf(() => create({ ...good, ...changes }))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(expected)
  })

  it('are a promise that nobody has waited for', () => {
    expect(problemsOf(() => create(Promise.resolve(good)))).toContain(
      'options must be an object, found a promise: wait for it first',
    )
  })
})

describe('a base URL', () => {
  it.each([
    'https://app.example',
    'https://app.example/',
    'https://app.example//',
    'https://app.example:443/a/b/',
    'https://APP.example/A%20b',
    'http://[::1]:3000',
  ])('may be %s', (baseUrl) => {
    expect(problemsOf(() => create({ ...good, baseUrl }))).toEqual([])
  })
})

describe('environment variables', () => {
  it.each<readonly [string, unknown, readonly string[]]>([
    ['are not there at all', undefined, ['env must be the variables, such as process.env']],
    ['are null', null, ['env must be the variables, such as process.env']],
    ['hold a number', { CIS2_CLIENT_ID: 5 }, ['CIS2_CLIENT_ID must be text, as environment variables are']],
    ['hold null', { CIS2_CLIENT_ID: null }, ['CIS2_CLIENT_ID must be text, as environment variables are']],
  ])('that %s are refused', (_what, env, expected) => {
    expect(problemsOf(() => optionsFromEnv(env as NodeJS.ProcessEnv))).toEqual(expected)
  })
})
