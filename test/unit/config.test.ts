import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { optionNames } from '../../lib/config/option-names.js'
import { parseConfig } from '../../lib/config/config.js'
import { ConfigurationError, createCis2, optionsFromEnv, type Cis2Options } from '../../lib/index.js'
import { testKeys, testSecret } from '../support/keys.js'

const good = {
  environment: 'integration',
  clientId: testKeys.clientId,
  baseUrl: 'https://app.example.nhs.uk',
  jwks: testKeys.jwks,
  secret: testSecret,
}

// Wrong values on purpose, which the compiler would refuse.
function parse(changes: Record<string, unknown>): ReturnType<typeof parseConfig> {
  return parseConfig({ ...good, ...changes } as Cis2Options)
}

function errorOf(run: () => unknown): ConfigurationError {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

function problemsOf(changes: Record<string, unknown>): readonly string[] {
  return errorOf(() => parse(changes)).problems.map(({ option }) => option)
}

const issuer = (text: unknown): Record<string, unknown> => ({ environment: undefined, issuer: text })

const wrong: readonly (readonly [string, Record<string, unknown>])[] = [
  ['clientId', { clientId: undefined }],
  ['clientId', { clientId: '' }],
  ['clientId', { clientId: '   ' }],
  ['clientId', { clientId: ' padded ' }],
  ['clientId', { clientId: 'two words' }],
  ['clientId', { clientId: 'line\nbreak' }],
  ['clientId', { clientId: 888888888888 }],
  ['environment', { environment: undefined }],
  ['environment', { environment: 'int' }],
  ['environment', { environment: 'toString' }],
  ['environment', { issuer: 'https://idp.example' }],
  ['issuer', issuer('')],
  ['issuer', issuer('  ')],
  ['issuer', issuer('http://idp.example')],
  ['issuer', issuer('http://127.0.0.1.evil.example')],
  ['issuer', issuer('https://idp.example?a=b')],
  ['issuer', issuer('https://idp.example?')],
  ['issuer', issuer('https://idp.example#a')],
  ['issuer', issuer('https://user:word@idp.example')],
  ['issuer', issuer('idp.example')],
  ['issuer', issuer('ftp://idp.example')],
  ['issuer', issuer(new URL('https://idp.example'))],
  ['baseUrl', { baseUrl: undefined }],
  ['baseUrl', { baseUrl: '/app' }],
  ['baseUrl', { baseUrl: 'http://app.example' }],
  ['baseUrl', { baseUrl: 'https://*.example' }],
  ['baseUrl', { baseUrl: 'https://app.example/?a' }],
  ['redirectUri', { redirectUri: '' }],
  ['redirectUri', { redirectUri: '/cis2/callback' }],
  ['redirectUri', { redirectUri: 'https://app.example.nhs.uk/cis2/callback#a' }],
  ['redirectUri', { redirectUri: 'https://app.example.nhs.uk/*' }],
  ['redirectUri', { redirectUri: 'https://other.example.nhs.uk/cis2/callback' }],
  [
    'redirectUri',
    { redirectUri: 'https://app.example.nhs.uk/elsewhere', routes: { callback: '/cis2/callback' } },
  ],
  [
    'redirectUri',
    { baseUrl: 'https://app.example.nhs.uk/app', redirectUri: 'https://app.example.nhs.uk/apple/callback' },
  ],
  ['jwks', { jwks: undefined }],
  ['jwks', { jwks: 'text' }],
  ['signingKey', { signingKey: 'text' }],
  ['signingKey', { jwks: undefined, signingKey: '' }],
  ['signingKey', { jwks: undefined, signingKey: './key.pem' }],
  ['signingKey', { jwks: undefined, signingKey: 5 }],
  ['signingAlgorithm', { signingAlgorithm: 'none' }],
  ['signingAlgorithm', { signingAlgorithm: 'HS256' }],
  ['signingAlgorithm', { signingAlgorithm: 'constructor' }],
  ['clientAssertionAudience', { clientAssertionAudience: '' }],
  ['clientAssertionAudience', { clientAssertionAudience: ['a', 'b'] }],
  ['clientAssertionLifetimeSeconds', { clientAssertionLifetimeSeconds: 0 }],
  ['clientAssertionLifetimeSeconds', { clientAssertionLifetimeSeconds: 301 }],
  ['clientAssertionLifetimeSeconds', { clientAssertionLifetimeSeconds: '60' }],
  ['secret', { secret: undefined }],
  ['secret', { secret: '' }],
  ['secret', { secret: 'too short' }],
  ['secret', { secret: ' '.repeat(40) }],
  ['secret', { secret: [] }],
  ['secret', { secret: 5 }],
  ['secret[1]', { secret: [testSecret, 'too short'] }],
  ['scope', { scope: 'profile' }],
  ['scope', { scope: 'openid  profile' }],
  ['scope', { scope: ['openid'] }],
  ['acrValues', { acrValues: 'AAL3_ANY' }],
  ['acrValues', { acrValues: [''] }],
  ['acrValues', { acrValues: ['AAL2_ANY AAL3_ANY'] }],
  ['acrValues', { acrValues: ['AAL3_ANY\n'] }],
  ['acrValues', { acrValues: ['["AAL3_ANY"]'] }],
  ['acrValues', { acrValues: ["'AAL3_ANY'"] }],
  ['prompt', { prompt: true }],
  ['prompt', { prompt: '' }],
  ['prompt', { prompt: 'none' }],
  ['prompt', { prompt: 'login none' }],
  ['prompt', { prompt: 'None' }],
  ['maxAgeSeconds', { maxAgeSeconds: 0 }],
  ['maxAgeSeconds', { maxAgeSeconds: 301 }],
  ['minimumIdentityAssurance', { minimumIdentityAssurance: 4 }],
  ['minimumIdentityAssurance', { minimumIdentityAssurance: '3' }],
  ['minimumAuthenticationAssurance', { minimumAuthenticationAssurance: 0 }],
  ['minimumAuthenticationAssurance', { minimumAuthenticationAssurance: 2.5 }],
  ['maximumAuthAgeSeconds', { maximumAuthAgeSeconds: -1 }],
  ['userInfo', { userInfo: 'false' }],
  ['idTokenSigningAlgorithm', { idTokenSigningAlgorithm: 'none' }],
  ['clockToleranceSeconds', { clockToleranceSeconds: 61 }],
  ['clockToleranceSeconds', { clockToleranceSeconds: 301 }],
  ['clockToleranceSeconds', { clockToleranceSeconds: -1 }],
  ['responseMode', { responseMode: 'fragment' }],
  ['responseMode', { responseMode: 'form_post', baseUrl: 'http://localhost:3000' }],
  ['session', { session: 'long' }],
  ['session.idleTimeoutMinutes', { session: { idleTimeoutMinutes: 0 } }],
  ['session.idleTimeoutMinutes', { session: { idleTimeoutMinutes: '15m' } }],
  ['session.idleTimeoutMinutes', { session: { idleTimeoutMinutes: Number.NaN } }],
  ['session.idleTimeoutMinutes', { session: { idleTimeoutMinutes: -5 } }],
  ['session.idleTimeoutMinutes', { session: { idleTimeoutMinutes: 61, absoluteTimeoutHours: 1 } }],
  ['session.absoluteTimeoutHours', { session: { absoluteTimeoutHours: Number.POSITIVE_INFINITY } }],
  ['session.carryOver', { session: { carryOver: ['cis2'] } }],
  ['session.carryOver', { session: { carryOver: ['__proto__'] } }],
  ['session.carryOver', { session: { carryOver: 'basket' } }],
  ['role', { role: 'cis2' }],
  ['role.choose', { role: { choose: 'elsewhere' } }],
  ['role.choose', { role: { choose: 'cis2' }, prompt: 'consent' }],
  ['role.choose', { role: { choose: 'cis2' }, prompt: false, maxAgeSeconds: 300 }],
  ['role.maximumAgeMinutes', { role: { maximumAgeMinutes: 0 } }],
  ['role.maximumAgeMinutes', { role: { maximumAgeMinutes: -1 } }],
  ['role.maximumAgeMinutes', { role: { maximumAgeMinutes: '60' } }],
  ['role.maximumAgeMinutes', { role: { maximumAgeMinutes: Number.POSITIVE_INFINITY } }],
  ['role.maximumAgeMinutes', { role: { maximumAgeMinutes: Number.NaN } }],
  ['role.maximumAge', { role: { maximumAge: 60 } }],
  ['returnTo', { returnTo: '/home' }],
  ['returnTo.default', { returnTo: { default: '//evil.example' } }],
  ['returnTo.default', { returnTo: { default: '/\\evil.example' } }],
  ['returnTo.default', { returnTo: { default: 'https://evil.example' } }],
  ['returnTo.default', { returnTo: { default: '/cis2/Logout/' } }],
  [
    'returnTo.default',
    { redirectUri: 'https://app.example.nhs.uk/auth', returnTo: { default: '/./auth?a=b' } },
  ],
  [
    'returnTo.default',
    { baseUrl: 'https://app.example.nhs.uk/app', returnTo: { default: '/app/cis2/login' } },
  ],
  ['logout.postLogoutPath', { logout: { postLogoutPath: '//evil.example' } }],
  ['timeouts.requestMs', { timeouts: { requestMs: '10s' } }],
  ['timeouts.requestMs', { timeouts: { requestMs: 0 } }],
  ['fetch', { fetch: 'undici' }],
  ['pages.error', { pages: { error: '<h1>' } }],
  ['errors', { errors: 'throw' }],
  ['passportStyle', { passportStyle: 'false' }],
  ['routes.login', { routes: { login: 'login' } }],
  ['routes.login', { routes: { login: '/a/:b' } }],
  ['routes.login', { routes: { login: '/login/' } }],
  ['routes', { routes: { login: '/Same', logout: '/same' } }],
  ['routes', { baseUrl: undefined, routes: { login: '/same', logout: '/same' } }],
  ['routes', { redirectUri: 'https://app.example.nhs.uk/cis2/logout' }],
  ['routes', { redirectUri: 'https://app.example.nhs.uk/cis2/Logout/' }],
  ['authorizationParams', { authorizationParams: ['a'] }],
  ['authorizationParams.login_hint', { authorizationParams: { login_hint: 5 } }],
]

describe('a wrong option', () => {
  it.each(wrong)('is reported as %s: %p', (option, changes) => {
    expect(problemsOf(changes)).toContain(option)
  })

  it.each<unknown>([undefined, null, 'text', 5, []])(
    'is the options themselves when they are %p',
    (options) => {
      const { problems } = errorOf(() => createCis2(options as Cis2Options))
      expect(problems.length).toBeGreaterThan(0)
    },
  )

  it('is told along with every other one', () => {
    const changes = {
      clientId: '',
      baseUrl: 'http://app.example',
      secret: 'short',
      scope: 'profile',
      errors: 'x',
    }
    const error = errorOf(() => parse({ ...changes, session: { idleTimeoutMinutes: 0 } }))
    expect(error.problems.map(({ option }) => option).sort()).toEqual(
      ['baseUrl', 'clientId', 'errors', 'scope', 'secret', 'session.idleTimeoutMinutes'].sort(),
    )
    expect(error.code).toBe('ERR_CIS2_CONFIGURATION')
    for (const { option } of error.problems) expect(error.message).toContain(`- ${option}: `)
  })

  it.each([
    'client_id',
    'redirect_uri',
    'response_type',
    'scope',
    'state',
    'nonce',
    'code_challenge',
    'code_challenge_method',
    'prompt',
    'max_age',
    'acr_values',
    'request',
    'request_uri',
    'STATE',
  ])('is an extra parameter named %s, which this library sends itself', (name) => {
    expect(problemsOf({ authorizationParams: { [name]: 'x' } })).toEqual([`authorizationParams.${name}`])
  })
})

describe('a value that no option could have', () => {
  const { options, ...nested } = optionNames
  const names = [
    ...options.map((name) => [name, '']),
    ...Object.entries(nested).flatMap(([parent, members]) => members.map((member) => [parent, member])),
  ] as const
  const nothingElse = Object.create(null) as object
  const values: readonly unknown[] = [
    null,
    '',
    '  ',
    '\0',
    'x'.repeat(100_000),
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    10n,
    true,
    Symbol('value'),
    [],
    [null],
    [[]],
    {},
    nothingElse,
    { toString: null },
    { keys: [null] },
    new Date(0),
    () => 1,
  ]

  it.each(names)('ends in a list of problems or is harmless: %s %s', (name, member) => {
    for (const value of values) {
      const changes = {
        ...(name === 'issuer' ? { environment: undefined } : {}),
        ...(name === 'signingKey' ? { jwks: undefined } : {}),
        [name]: member === '' ? value : { [member]: value },
      }
      let error: unknown
      try {
        createCis2({ ...good, ...changes } as Cis2Options)
      } catch (cause) {
        error = cause
      }
      if (error !== undefined) expect(error).toBeInstanceOf(ConfigurationError)
      if (error instanceof ConfigurationError) expect(error.message.length).toBeLessThan(1000)
    }
  })
})

describe('an unknown option', () => {
  it.each([
    ['clientID', {}, 'clientId'],
    ['client_id', {}, 'clientId'],
    ['secrett', {}, 'secret'],
    ['redirectURI', {}, 'redirectUri'],
    ['env', {}, 'environment'],
  ])('%s names the nearest one', (name, _, meant) => {
    const { problems } = errorOf(() => parse({ [name]: 'x' }))
    expect(problems).toEqual([{ option: name, message: `is not an option; did you mean \`${meant}\`?` }])
  })

  it('inside an object option names its whole path', () => {
    const { problems } = errorOf(() => parse({ session: { idleTimeoutMinute: 5 } }))
    expect(problems).toEqual([
      {
        option: 'session.idleTimeoutMinute',
        message: 'is not an option; did you mean `session.idleTimeoutMinutes`?',
      },
    ])
  })

  it.each(['allowHttp', 'skipSignature', 'clientSecret', 'insecure'])('%s does not exist', (name) => {
    expect(problemsOf({ [name]: true })).toEqual([name])
  })
})

describe('the page after logout', () => {
  it('is not one of our own routes: it would lead there and back', () => {
    expect(errorOf(() => parse({ logout: { postLogoutPath: '/cis2/logged-out' } })).problems).toEqual([
      { option: 'logout.postLogoutPath', message: 'is one of the routes of this library' },
    ])
  })
})

describe('the options of sessions', () => {
  it('are honoured', () => {
    expect(
      parse({
        session: { concurrent: 'newest-wins', pollingPaths: ['/api/*'] },
        logout: { provider: true, clearSiteData: true },
        backChannelLogout: false,
      }),
    ).toMatchObject({
      isNewestOnly: true,
      pollingPaths: ['/api/*'],
      logsOutAtProvider: true,
      clearsSiteData: true,
      backChannelLogout: false,
    })
  })

  it.each([1e-9, 0.1, 0.25, 12, Number.MAX_VALUE])(
    'have an idle limit within an absolute limit of %s hours alone',
    (absoluteTimeoutHours) => {
      const { idleTimeoutSeconds } = parse({ session: { absoluteTimeoutHours } })
      expect(idleTimeoutSeconds).toBeCloseTo(Math.min(15 * 60, absoluteTimeoutHours * 3600), 9)
    },
  )

  it.each([
    ['store', { store: {} }],
    ['store', { store: 'redis' }],
    ['session.pollingPaths', { session: { pollingPaths: ['api'] } }],
    ['session.concurrent', { session: { concurrent: 'oldest-wins' } }],
  ])('are refused when they make no sense: %s', (option, changes) => {
    expect(errorOf(() => parse(changes as Record<string, unknown>)).problems).toMatchObject([{ option }])
  })
})

describe('an inherited option', () => {
  it('is ignored', () => {
    const options = Object.assign(Object.create({ clientId: 'inherited', scope: 'evil' }) as object, {
      ...good,
      clientId: undefined,
    })
    expect(errorOf(() => parseConfig(options as unknown as Cis2Options)).problems).toEqual([
      { option: 'clientId', message: 'is missing' },
    ])
  })

  it('is ignored when it comes from a polluted prototype', () => {
    Reflect.set(Object.prototype, 'prompt', 'none')
    try {
      expect(parse({}).prompt).toBe('login')
    } finally {
      Reflect.deleteProperty(Object.prototype, 'prompt')
    }
  })
})

describe('a secret that is easy to guess', () => {
  it.each([
    'changeme'.repeat(8),
    'please-change-me-before-you-go-live-1234',
    'YOUR_SECRET_OF_32_CHARACTERS_GOES_HERE',
    'replace with 48 random characters, please',
  ])('is refused in production and warned of elsewhere: %s', (secret) => {
    expect(problemsOf({ environment: 'production', secret: [testSecret, secret] })).toEqual(['secret[1]'])
    expect(parse({ secret: [testSecret, secret] }).warnings.map(({ option }) => option)).toEqual(['secret'])
  })
})

describe('a secret', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'small' }
  const weak = 'canary-Zx9'
  const canaries = [weak, pem.split('\n')[1] ?? '', pem.split('\n')[2] ?? '', jwk.d ?? '', jwk.p ?? '']

  it.each([
    ['PEM', { jwks: undefined, signingKey: pem }],
    ['PEM cut short', { jwks: undefined, signingKey: pem.slice(0, -100) }],
    ['a JWK', { jwks: undefined, signingKey: jwk }],
    ['JWK text cut short', { jwks: undefined, signingKey: JSON.stringify(jwk).slice(0, -1) }],
    ['a JWK set', { jwks: { keys: [jwk] } }],
    ['a JWK set as text', { jwks: JSON.stringify({ keys: [jwk] }) }],
  ])('is nowhere in the error when the key is %s', (_, changes) => {
    const error = errorOf(() => parse({ ...changes, secret: weak }))
    const text = [
      error.message,
      error.stack,
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(error),
    ]
    for (const canary of canaries) expect(text.join('\n')).not.toContain(canary)
  })

  it('is nowhere in what createCis2 returns', () => {
    const cis2 = createCis2(good as Cis2Options)
    const text =
      inspect(cis2, { depth: 9, showHidden: true }) +
      JSON.stringify(cis2) +
      inspect(cis2.router(), { depth: 9 })
    for (const canary of [testSecret, testKeys.jwks.keys[0]?.d ?? '', testKeys.jwks.keys[0]?.p ?? ''])
      expect(text).not.toContain(canary)
  })
})

describe('the configuration', () => {
  it('keeps issuer and redirect URI byte for byte', () => {
    const redirectUri = 'https://app.example.nhs.uk:443/cis2/callback'
    const config = parse({ ...issuer('https://IDP.example:443/realm'), redirectUri })
    expect(config).toMatchObject({
      issuer: 'https://IDP.example:443/realm',
      discoveryUrl: 'https://IDP.example:443/realm/.well-known/openid-configuration',
      redirectUri,
    })
  })

  it('takes a discovery URL as the issuer', () => {
    const config = parse(issuer('https://idp.example/realm/.well-known/openid-configuration'))
    expect(config.issuer).toBe('https://idp.example/realm')
  })

  it.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000'])(
    'allows %s, which is loopback',
    (baseUrl) => {
      expect(parse({ baseUrl })).toMatchObject({ isSecure: false, redirectUri: `${baseUrl}/cis2/callback` })
    },
  )

  it('does not change with the options it was made from', () => {
    const given = {
      ...good,
      secret: [testSecret],
      acrValues: ['AAL3_ANY'],
      authorizationParams: { login_hint: 'a' },
      routes: { login: '/in' },
      session: { carryOver: ['basket'], pollingPaths: ['/api'] },
      returnTo: { default: '/home' },
    }
    const config = parse(given)
    const before = JSON.stringify(config)
    given.secret.push('short')
    given.acrValues.push('AAL1')
    given.authorizationParams.login_hint = 'b'
    given.routes.login = '/evil'
    given.session.carryOver.push('isAdmin')
    given.session.pollingPaths[0] = '/*'
    given.returnTo.default = '//evil.example'
    expect(JSON.stringify(config)).toBe(before)
  })

  it('is frozen', () => {
    const config = parse({ acrValues: ['AAL3_ANY'] })
    for (const each of [config, config.acrValues, config.routes, config.secrets])
      expect(Object.isFrozen(each)).toBe(true)
  })

  it('warns of what conformance would question', () => {
    const { warnings } = parse({ prompt: false, minimumIdentityAssurance: 2, maximumAuthAgeSeconds: 600 })
    expect(warnings.map(({ option }) => option)).toEqual([
      'prompt',
      'minimumIdentityAssurance',
      'maximumAuthAgeSeconds',
    ])
  })

  it.each(['token-endpoint', 'Issuer', 'am.nhsint.auth-ptl.cis2.spineservices.nhs.uk'])(
    'warns of the assertion audience %s, which is no address',
    (clientAssertionAudience) => {
      expect(parse({ clientAssertionAudience }).warnings.map(({ option }) => option)).toEqual([
        'clientAssertionAudience',
      ])
    },
  )

  it.each(['token_endpoint', 'issuer', 'https://idp.example:443/token'])(
    'takes the assertion audience %s without a word',
    (clientAssertionAudience) => expect(parse({ clientAssertionAudience }).warnings).toEqual([]),
  )

  it('has the callback at the path of the redirect URI, with or without a slash at its end', () => {
    const redirectUri = 'https://app.example.nhs.uk/app/auth/callback'
    for (const end of ['', '/']) {
      const config = parse({
        baseUrl: 'https://app.example.nhs.uk/app',
        redirectUri: redirectUri + end,
        routes: { login: '/cis2/callback' },
      })
      expect(config.routes.callback).toBe('/auth/callback')
      expect(config).toMatchObject({ redirectPath: `/app/auth/callback${end}`, warnings: [] })
    }
  })

  it.each(['/', '/auth/a%20b', '/auth/callback//', '/auth/(callback)'])(
    'warns that the router has no route at the redirect path %s',
    (path) => {
      const { warnings } = parse({ redirectUri: `https://app.example.nhs.uk${path}` })
      expect(warnings).toEqual([
        { option: 'redirectUri', message: expect.stringContaining('mount cis2.callback() yourself') },
      ])
    },
  )

  it('demands AAL2 where AAL2 is asked for, and AAL3 otherwise', () => {
    expect(parse({ acrValues: ['AAL2_OR_AAL3_ANY'] }).minimumAuthenticationAssurance).toBe(2)
    expect(parse({}).minimumAuthenticationAssurance).toBe(3)
  })

  it('sends no prompt=login where max_age is given', () => {
    const config = parse({ maxAgeSeconds: 60 })
    expect({ prompt: config.prompt, maxAgeSeconds: config.maxAgeSeconds }).toEqual({
      prompt: undefined,
      maxAgeSeconds: 60,
    })
  })
})

describe('optionsFromEnv', () => {
  it('reads every variable', () => {
    const options = optionsFromEnv({
      CIS2_ENVIRONMENT: 'integration',
      CIS2_CLIENT_ID: 'abc',
      CIS2_BASE_URL: 'https://app.example',
      CIS2_JWKS: JSON.stringify({ keys: [] }),
      CIS2_SECRET: JSON.stringify(['one', 'two']),
      CIS2_ACR_VALUES: 'AAL2_ANY, AAL3_ANY',
      CIS2_CLIENT_ASSERTION_LIFETIME_SECONDS: '120',
      HOME: '/root',
    })
    expect(options).toEqual({
      environment: 'integration',
      clientId: 'abc',
      baseUrl: 'https://app.example',
      jwks: { keys: [] },
      secret: ['one', 'two'],
      acrValues: ['AAL2_ANY', 'AAL3_ANY'],
      clientAssertionLifetimeSeconds: 120,
    })
  })

  it('reads JSON with a byte order mark before it', () => {
    expect(optionsFromEnv({ CIS2_JWKS: '\ufeff{"keys":[]}\r\n' })).toEqual({ jwks: { keys: [] } })
  })

  it('leaves out what is empty, and takes one secret as text', () => {
    expect(
      optionsFromEnv({ CIS2_SECRET: 'one', CIS2_SCOPE: '', CIS2_ISSUER: '  ', CIS2_JWKS: undefined }),
    ).toEqual({ secret: 'one' })
  })

  it.each([
    ['CIS2_CLIENTID', 'CIS2_CLIENT_ID'],
    ['CIS2_SECRETS', 'CIS2_SECRET'],
    ['cis2_client_id', 'CIS2_CLIENT_ID'],
    ['CIS2_BASEURL', 'CIS2_BASE_URL'],
    ['CIS2_ENV', 'CIS2_ENVIRONMENT'],
  ])('refuses %s and names %s', (name, meant) => {
    expect(errorOf(() => optionsFromEnv({ [name]: 'x' })).problems).toEqual([
      { option: name, message: `is not read; did you mean ${meant}?` },
    ])
  })

  it('leaves alone what is nobody’s slip', () => {
    expect(optionsFromEnv({ CIS2_JWKS_URI: 'x', CIS2_DASHBOARD_COLOUR: 'blue' })).toEqual({})
  })

  it('tells what cannot be read without repeating it', () => {
    const error = errorOf(() =>
      optionsFromEnv({
        CIS2_JWKS: '{canary',
        CIS2_SECRET: '[canary',
        CIS2_CLIENT_ASSERTION_LIFETIME_SECONDS: 'canary',
      }),
    )
    expect(error.problems.map(({ option }) => option)).toEqual([
      'CIS2_JWKS',
      'CIS2_SECRET',
      'CIS2_CLIENT_ASSERTION_LIFETIME_SECONDS',
    ])
    expect(inspect(error)).not.toContain('canary')
  })
})
