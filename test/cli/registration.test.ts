import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requirements } from '../../lib/cli/conformance.js'
import { createRegistration } from '../../lib/cli/registration.js'
import { makeRsaJwk } from '../support/keys.js'
import { runToEnd, tooLong, type Printed } from '../support/terminal.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const key = makeRsaJwk()
const complete = {
  CIS2_ENVIRONMENT: 'integration',
  CIS2_CLIENT_ID: '999999999999.apps.national',
  CIS2_BASE_URL: 'https://app.example.nhs.uk/care',
  CIS2_JWKS: JSON.stringify({ keys: [key] }),
  CIS2_SECRET: 'an invented secret of more than 32 characters',
}

function run(env: Record<string, string>, ...args: string[]): Promise<Printed> {
  return runToEnd({ registration: createRegistration(env) }, 'registration', ...args)
}

interface Report {
  client: Record<string, unknown>
  conformance: { id: string; isMet: boolean; setting: string }[]
  findings: string[]
}

async function report(env: Record<string, string>, ...args: string[]): Promise<Report & { code: number }> {
  const { code, out } = await run(env, '--json', ...args)
  return { ...(JSON.parse(out) as Report), code }
}

describe('express-cis2 registration', () => {
  it('explains itself with --help, within 80 columns', async () => {
    const { code, out, errors } = await run({}, '--help')
    expect([code, errors]).toEqual([0, ''])
    expect(out).toContain('Usage: express-cis2 registration')
    expect(tooLong(out)).toEqual([])
  })

  it('prints what to enter, from the settings of the application', async () => {
    const { code, out, errors } = await run(complete)
    expect([code, errors]).toEqual([0, ''])
    expect(out).toContain(`Enter this in CIS2's Connection Manager, character by character:

  Client name
    app.example.nhs.uk
  Redirect URI
    https://app.example.nhs.uk/care/cis2/callback
  Back-channel logout URI
    https://app.example.nhs.uk/care/cis2/back-channel-logout
  Token endpoint authentication method
    private_key_jwt
  JWKS URI
    https://app.example.nhs.uk/care/cis2/jwks
  Token endpoint signing algorithm
    RS512
`)
    expect(out).toContain('Nothing was found that CIS2 would not take.')
    expect(tooLong(out)).toEqual([])
  })

  it("prints the body for the Connection Manager's API", async () => {
    const { client, findings } = await report(complete, '--name', 'Care', '--description', 'Care plans')
    expect(client).toEqual({
      client_name: 'Care',
      description: 'Care plans',
      redirect_uris: ['https://app.example.nhs.uk/care/cis2/callback'],
      backchannel_logout_uri: 'https://app.example.nhs.uk/care/cis2/back-channel-logout',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://app.example.nhs.uk/care/cis2/jwks',
      jwks_uri_signing_algorithm: 'RS512',
    })
    expect(findings).toEqual([])
  })

  it('needs nothing but the address before there is a client', async () => {
    const { code, client } = await report({}, '--base-url', 'https://app.example.nhs.uk')
    expect(code).toBe(0)
    expect(client).toMatchObject({ jwks_uri: 'https://app.example.nhs.uk/cis2/jwks' })
  })

  it.each([
    ['RS256', 'RS256'],
    ['ES256', 'ES256'],
  ])('says %s where that is asked for and there is no key yet', async (algorithm, expected) => {
    const env = { CIS2_BASE_URL: 'https://app.example.nhs.uk', CIS2_SIGNING_ALGORITHM: algorithm }
    expect((await report(env)).client['jwks_uri_signing_algorithm']).toBe(expected)
  })

  it("says the key's own algorithm", async () => {
    const { code, client } = await report({
      ...complete,
      CIS2_JWKS: JSON.stringify({ keys: [{ ...key, alg: 'RS256' }] }),
    })
    expect([code, client['jwks_uri_signing_algorithm']]).toEqual([0, 'RS256'])
  })

  it('keeps addresses byte for byte, and lets flags go before variables', async () => {
    const env = { ...complete, CIS2_JWKS_URI: 'https://keys.example.nhs.uk/one' }
    expect((await report(env)).client['jwks_uri']).toBe('https://keys.example.nhs.uk/one')
    const flags = ['--jwks-uri', 'https://keys.example.nhs.uk:443/two', '--alg', 'RS512']
    const redirect = 'https://app.example.nhs.uk:443/care/callback'
    const { client } = await report(
      { ...env, CIS2_BASE_URL: 'https://app.example.nhs.uk:443/care' },
      ...flags,
      '--redirect-uri',
      redirect,
      '--back-channel-logout-uri',
      'https://app.example.nhs.uk/out',
    )
    expect(client).toMatchObject({
      redirect_uris: [redirect],
      jwks_uri: 'https://keys.example.nhs.uk:443/two',
      backchannel_logout_uri: 'https://app.example.nhs.uk/out',
    })
  })

  it.each<readonly [string, Record<string, string>, string[], RegExp]>([
    [
      'an address that is not https',
      { ...complete, CIS2_BASE_URL: 'http://localhost:3000' },
      [],
      /redirect URI is not https/,
    ],
    [
      'a key set that is not https',
      complete,
      ['--jwks-uri', 'http://app.example.nhs.uk/jwks'],
      /JWKS URI is not https/,
    ],
    [
      'an algorithm the key has not',
      { ...complete, CIS2_SIGNING_ALGORITHM: 'RS256' },
      [],
      /asked for is RS256, and the key's own "alg" is RS512/,
    ],
    [
      'a next key of another algorithm',
      {
        ...complete,
        CIS2_JWKS: JSON.stringify({
          keys: [key, { ...makeRsaJwk(), kid: 'later', alg: 'RS256', status: 'next' }],
        }),
      },
      [],
      /The key later is for RS256, and RS512 is what will be registered/,
    ],
  ])('exits with 1 for %s', async (_, env, args, message) => {
    const { code, findings } = await report(env, ...args)
    expect(code).toBe(1)
    expect(findings.join('\n')).toMatch(message)
    const { out } = await run(env, ...args)
    expect(out).toContain('Found:')
    expect(tooLong(out)).toEqual([])
  })

  it('takes http for the simulator, which is on this machine', async () => {
    const env = { CIS2_BASE_URL: 'http://localhost:3000', CIS2_ISSUER: 'http://127.0.0.1:4400/realm' }
    expect(await report(env)).toMatchObject({ code: 0, findings: [] })
  })

  it.each([
    ['no address', {}, [], 2, /CIS2_BASE_URL is missing.*--base-url[^]*Usage: express-cis2 registration/],
    ['an unknown flag', complete, ['--nonsense'], 2, /Usage: express-cis2 registration/],
    [
      'an address that is none',
      complete,
      ['--jwks-uri', 'jwks'],
      2,
      /--jwks-uri must be an http or https address/,
    ],
    [
      'an address with a password',
      complete,
      ['--jwks-uri', 'https://app:told-to-nobody@app.example/jwks'],
      2,
      /^--jwks-uri must not hold a user name or password\./,
    ],
    [
      'a variable with a password',
      { ...complete, CIS2_JWKS_URI: 'https://app:told-to-nobody@app.example/jwks' },
      [],
      1,
      /CIS2_JWKS_URI must not hold a user name or password/,
    ],
    ['a variable that is no address', { ...complete, CIS2_JWKS_URI: 'jwks' }, [], 1, /CIS2_JWKS_URI must be/],
    ['a slip of the pen', { ...complete, CIS2_BASEURL: 'x' }, [], 1, /did you mean CIS2_BASE_URL/],
    ['a public address without TLS', { CIS2_BASE_URL: 'http://app.example.nhs.uk' }, [], 1, /baseUrl /],
    [
      'keys that are no JSON',
      { ...complete, CIS2_JWKS: `{"d":"${key.d}` },
      [],
      1,
      /CIS2_JWKS must be a private JWK set/,
    ],
  ] as const)('says what is wrong with %s', async (_, env, args, expected, message) => {
    const { code, out, errors } = await run(env, ...args)
    expect([code, out]).toEqual([expected, ''])
    expect(errors).toMatch(message)
    expect(errors).not.toContain(key.d)
  })

  it('prints nothing secret', async () => {
    for (const args of [[], ['--json']]) {
      const { out, errors } = await run(complete, ...args)
      for (const secret of [key.d, key.p, complete.CIS2_SECRET]) expect(out + errors).not.toContain(secret)
    }
  })

  it('is a command of the program', () => {
    const program = join(root, 'dist', 'cli', 'main.js')
    const { status, stdout } = spawnSync(process.execPath, [program, 'registration', '--json'], {
      encoding: 'utf8',
      env: { ...complete, PATH: process.env['PATH'] },
    })
    expect(status).toBe(0)
    expect((JSON.parse(stdout) as Report).client['token_endpoint_auth_method']).toBe('private_key_jwt')
  })
})

describe('the conformance statement', () => {
  const ids = [
    'UI Req 001',
    'SC Req 002',
    'SC Req 003',
    'ACR Req 001',
    'Ses Req 002',
    'Ses Req 003',
    'Ses Req 005',
    'Ses Req 007',
    'Sec Req 003',
  ]

  it('has every requirement that is known, and all are met by default', async () => {
    const { conformance } = await report(complete)
    expect(conformance.map(({ id }) => id)).toEqual([...ids.map((id) => `NHS CIA ${id}`), '(id not known)'])
    expect(conformance.filter(({ isMet }) => !isMet)).toEqual([])
  })

  it('names a test that exists for each', () => {
    for (const { id, test } of requirements) {
      const file = join(root, test.file)
      expect({ id, exists: existsSync(file) }).toEqual({ id, exists: true })
      expect({ id, isThere: readFileSync(file, 'utf8').includes(`'${test.title}'`) }).toEqual({
        id,
        isThere: true,
      })
    }
  })

  const met = (id: string) => requirements.find((each) => each.id.endsWith(id))?.isMet
  it.each<readonly [string, object, boolean]>([
    ['SC Req 002', { minimumIdentityAssurance: 2 }, false],
    ['ACR Req 001', { minimumAuthenticationAssurance: 1 }, false],
    ['Ses Req 002', {}, false],
    ['Ses Req 002', { prompt: 'consent' }, false],
    ['Ses Req 002', { prompt: 'login consent' }, true],
    ['Ses Req 002', { maxAgeSeconds: 300 }, true],
    ['Ses Req 002', { maxAgeSeconds: 301 }, false],
    ['Ses Req 003', { maximumAuthAgeSeconds: 301 }, false],
    ['Ses Req 005', { idleTimeoutSeconds: 901 }, false],
    ['Ses Req 007', { absoluteTimeoutSeconds: 43_201 }, false],
    ['(id not known)', { backChannelLogout: false }, false],
  ])('judges %s with %j', (id, config, expected) => {
    expect(met(id)?.(config as Parameters<NonNullable<ReturnType<typeof met>>>[0])).toBe(expected)
  })
})
