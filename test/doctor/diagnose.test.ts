import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { diagnose, type Cis2Options, type Diagnosis, type PrivateJwks } from '../../lib/index.js'
import { allChecks } from '../../lib/doctor/all-checks.js'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { createChain } from '../support/certificates.js'
import { mapOrigins } from '../support/map-origins.js'
import {
  answerJson,
  closeWard,
  createPatient,
  foreignAssertion,
  passOn,
  publicKeyOf,
  type Patient,
} from './patient.js'

let patient: Patient
beforeEach(async () => {
  patient = await createPatient()
})
afterEach(() => patient.close())
afterAll(closeWard)

function statusOf({ checks }: Diagnosis, id: string) {
  return checks.find((check) => check.id === id)?.status
}

function troubles({ checks }: Diagnosis): [string, string][] {
  return checks.flatMap(({ id, status }): [string, string][] => (status === 'pass' ? [] : [[id, status]]))
}

describe('a healthy set-up passes every check, without a warning', () => {
  test('over http on this machine', async () => {
    const { ok, checks } = await diagnose(options())
    expect(checks.filter(({ status }) => status !== 'pass')).toEqual([])
    expect(ok).toBe(true)
  })

  test('over TLS, with chains that are trusted', async () => {
    const { root, intermediate, leaf } = createChain()
    const served = { ...leaf, cert: leaf.cert + intermediate.cert }
    let target = ''
    const provider = await patient.serve((req, res) => passOn(target)(req, res), served)
    patient.options.baseUrl = await patient.serve((req, res) => patient.answerJwks(req, res), served)
    const issuer = `${provider}/openam`
    const clients = [{ clientId: '999999999999.apps.national', jwksUri: patient.registeredJwksUri }]
    const simulator = await startSimulator({ issuer, clients })
    target = simulator.url
    patient.options.issuer = issuer
    patient.input.roots = { provider: [root.cert], keySet: [root.cert] }
    try {
      expect(troubles(await patient.diagnose())).toEqual([])
    } finally {
      await simulator.close()
    }
  })

  test('with a key that was published a day ago, or an hour ago with a warning', async () => {
    const changed = (hours: number) => {
      const date = new Date(Date.now() - hours * 3_600_000).toUTCString()
      patient.answerJwks = answerJson({ keys: [publicKeyOf(patient)] }, { 'last-modified': date })
    }
    changed(25)
    expect(troubles(await diagnose(options()))).toEqual([])
    changed(2)
    expect(troubles(await diagnose(options()))).toEqual([['key-published-long-enough', 'warning']])
  })

  test('with a key that is new, when CIS2 shows that it has it', async () => {
    const date = new Date().toUTCString()
    patient.answerJwks = answerJson({ keys: [publicKeyOf(patient)] }, { 'last-modified': date })
    patient.simulator.requests.clear()
    expect(troubles(await diagnose(options()))).toEqual([])
    expect(patient.simulator.requests.count('token')).toBe(1)
    expect(troubles(await diagnose(options(), { liveProbe: false }))).toEqual([
      ['key-published-long-enough', 'fail'],
      ['client-authentication-works', 'skipped'],
    ])
  })

  test('with a key that says when it was published, whatever else changed in the set', async () => {
    const now = new Date().toUTCString()
    patient.answerJwks = answerJson({ keys: [publicKeyOf(patient)] }, { 'last-modified': now })
    const [key] = patient.simulator.client.jwks.keys
    const publishedHoursAgo = (hours: number): PrivateJwks => ({
      keys: [
        { ...key, status: 'active', publishedAt: new Date(Date.now() - hours * 3_600_000).toISOString() },
      ],
    })
    const diagnoseWith = async (jwks: PrivateJwks) =>
      troubles(await diagnose({ ...options(), jwks }, { liveProbe: false }))
    const unproved = ['client-authentication-works', 'skipped']
    expect(await diagnoseWith(publishedHoursAgo(30))).toEqual([unproved])
    expect(await diagnoseWith(publishedHoursAgo(3))).toEqual([
      ['key-published-long-enough', 'warning'],
      unproved,
    ])
    expect(await diagnoseWith(publishedHoursAgo(0.5))).toEqual([
      ['key-published-long-enough', 'fail'],
      unproved,
    ])
  })

  test('with a cache in front of discovery, whose Date is old', async () => {
    const date = new Date(Date.now() - 900_000).toUTCString()
    patient.simulator.setFault('discovery.headers', { Date: date, Age: '900' })
    expect(troubles(await diagnose(options()))).toEqual([])
    patient.simulator.setFault('discovery.headers', { Date: date })
    expect(troubles(await diagnose(options()))[0]).toEqual(['clock-in-step', 'fail'])
  })

  test('with a remote signer', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: 'in-the-vault' }
    delete patient.options.jwks
    patient.options.signingKey = {
      publicJwk,
      sign: (data) => Promise.resolve(sign('sha512', data, privateKey)),
    }
    patient.answerJwks = answerJson({ keys: [{ ...publicJwk, use: 'sig', alg: 'RS512' }] })
    expect(troubles(await diagnose(options()))).toEqual([])
    patient.options.signingKey = { publicJwk, sign: () => Promise.reject(new Error('no access')) }
    const { checks } = await diagnose(options())
    expect(checks.find(({ status }) => status === 'fail')).toMatchObject({
      id: 'signing-key-usable',
      found: 'the remote signer failed',
    })
  })
})

function options(): Cis2Options {
  return patient.options as Cis2Options
}

describe('what cannot be known', () => {
  test('is skipped with the reason when the provider cannot be reached, and the rest is examined', async () => {
    patient.options.issuer = 'http://127.0.0.1:1/openam'
    const diagnosis = await diagnose(options())
    expect(troubles(diagnosis).filter(([, status]) => status === 'fail')).toEqual([
      ['provider-reachable', 'fail'],
    ])
    expect(diagnosis.checks.find(({ id }) => id === 'audience-exact')).toMatchObject({
      status: 'skipped',
      found: 'waits for: CIS2 can be reached',
    })
    for (const id of ['signing-key-usable', 'jwks-reachable', 'signature-verifies', 'lifetime-short'])
      expect([id, statusOf(diagnosis, id)]).toEqual([id, 'pass'])
  })

  test('does not stand in the way of the live probe, unless the probe needs it', async () => {
    delete patient.options.secret
    expect(troubles(await diagnose(options()))).toEqual([['settings-valid', 'fail']])
    delete patient.options.clientId
    expect(troubles(await diagnose(options()))).toEqual([
      ['settings-valid', 'fail'],
      ['client-id-of-cis2', 'skipped'],
      ['client-authentication-works', 'skipped'],
    ])
  })

  test.each([
    ['nothing', {}],
    ['what is no object', null],
    [
      'options of wrong types',
      { issuer: 7, clientId: [], baseUrl: {}, jwks: 'text', secret: 1, session: 'x', fetch: 1 },
    ],
  ])('does not make it throw, given %s', async (_what, given) => {
    const { ok, checks } = await diagnose(given as Cis2Options)
    expect(ok).toBe(false)
    expect(checks[0]).toMatchObject({ id: 'settings-valid', status: 'fail' })
  })
})

describe('the live service', () => {
  const host = 'am.nhsidentity.spineservices.nhs.uk'
  let live: Simulator
  beforeEach(async () => {
    const jwksUri = patient.registeredJwksUri
    const issuer = `https://${host}:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare`
    live = await startSimulator({ issuer, clients: [{ clientId: '999999999999.apps.national', jwksUri }] })
    const publicUrl = 'https://app.example.nhs.uk'
    const fetch = mapOrigins({ [`https://${host}`]: live.url, [publicUrl]: new URL(jwksUri).origin })
    patient.options = { ...patient.options, environment: 'production', baseUrl: publicUrl, fetch }
    delete patient.options.issuer
  })
  afterEach(() => live.close())

  test('gets no token request unless it is asked for', async () => {
    expect(troubles(await diagnose(options()))).toEqual([['client-authentication-works', 'skipped']])
    expect(troubles(await diagnose(options(), { liveProbe: false }))).toHaveLength(1)
    expect(live.requests.count('token')).toBe(0)
    expect(troubles(await diagnose(options(), { liveProbe: true }))).toEqual([])
    expect(live.requests.count('token')).toBe(1)
  })

  test('is asked with a made-up code, the exact redirect URI and nothing that could succeed', async () => {
    await diagnose(options(), { liveProbe: true })
    const [request] = live.requests.filter(({ endpoint }) => endpoint === 'token')
    expect(request?.body).toMatchObject({
      grant_type: 'authorization_code',
      redirect_uri: 'https://app.example.nhs.uk/cis2/callback',
      code: expect.stringMatching(/^made-up-by-the-doctor-/),
    })
  })
})

describe('a stranger', () => {
  test('brings no cookie and no credentials, and follows no redirect', async () => {
    const seen: Record<string, unknown>[] = []
    const trap = await patient.serve((_req, res) => res.end(String(seen.push({ followed: true }))))
    patient.answerJwks = (req, res) => {
      seen.push(req.headers)
      res.writeHead(307, { location: `${trap}/keys`, 'set-cookie': 'a=b' }).end()
    }
    await diagnose(options())
    expect(seen).toHaveLength(1)
    expect(Object.keys(seen[0] ?? {})).not.toEqual(expect.arrayContaining(['cookie']))
    expect(Object.keys(seen[0] ?? {})).not.toEqual(expect.arrayContaining(['authorization']))
  })

  test('reads no more than 256 KiB', async () => {
    patient.answerJwks = answerJson(JSON.stringify({ keys: [], padding: 'x'.repeat(300_000) }))
    const { checks } = await diagnose(options())
    expect(checks.find(({ status }) => status === 'fail')).toMatchObject({ id: 'jwks-reachable' })
  })
})

describe('warnings', () => {
  test.each<[string, string, () => void]>([
    [
      'an assertion of ten minutes',
      'lifetime-short',
      () => {
        const exp = Math.floor(Date.now() / 1000) + 600
        patient.input.assertion = foreignAssertion(patient, { claims: { exp } })
      },
    ],
    [
      'a short jti',
      'assertion-id-unique',
      () => (patient.input.assertion = foreignAssertion(patient, { claims: { jti: 'short' } })),
    ],
    [
      'another content type',
      'jwks-readable',
      () =>
        (patient.answerJwks = answerJson({ keys: [publicKeyOf(patient)] }, { 'content-type': 'text/plain' })),
    ],
    [
      'a provider that does not name private_key_jwt',
      'discovery-valid',
      () =>
        patient.simulator.setFault('discovery', {
          token_endpoint_auth_methods_supported: ['client_secret_post'],
        }),
    ],
  ])('%s is one, and no failure', async (_what, id, plant) => {
    plant()
    const diagnosis = await patient.diagnose()
    expect(statusOf(diagnosis, id)).toBe('warning')
    expect(diagnosis.ok).toBe(true)
  })
})

test('the result names no secret that is in the options', async () => {
  const secret = randomBytes(32).toString('hex')
  patient.options.secret = [secret, 'short']
  expect(JSON.stringify(await diagnose(options()))).not.toContain(secret)
})

describe('the checks', () => {
  test('have ids and titles of their own, and titles that fit on a line', () => {
    expect(new Set(allChecks.map(({ id }) => id)).size).toBe(allChecks.length)
    expect(new Set(allChecks.map(({ title }) => title)).size).toBe(allChecks.length)
    expect(allChecks.filter(({ title }) => title.length > 53)).toEqual([])
  })

  test('come after those that they need', () => {
    const ids = allChecks.map(({ id }) => id)
    const early = allChecks.filter(({ needs, unless = [] }, index) =>
      [...needs, ...unless].some((id) => !ids.slice(0, index).includes(id)),
    )
    expect(early.map(({ id }) => id)).toEqual([])
  })
})
