import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDoctor } from '../../lib/cli/doctor.js'
import { runCommand } from '../../lib/cli/run-command.js'
import { renderReport } from '../../lib/doctor/render-report.js'
import type { Diagnosis } from '../../lib/index.js'
import { startSimulator } from '../../lib/simulator/index.js'
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
let folder: string
beforeEach(async () => {
  patient = await createPatient()
  folder = mkdtempSync(join(tmpdir(), 'doctor-'))
})
afterEach(async () => {
  rmSync(folder, { recursive: true })
  await patient.close()
})
afterAll(closeWard)

function settings(): Record<string, string | undefined> {
  const { issuer, clientId, baseUrl, jwks, secret } = patient.options
  return {
    CIS2_ISSUER: issuer,
    CIS2_CLIENT_ID: clientId,
    CIS2_BASE_URL: baseUrl,
    CIS2_JWKS: JSON.stringify(jwks),
    CIS2_SECRET: String(secret),
  }
}

async function run(args: readonly string[] = [], env = settings(), standardInput = '', hasColours = false) {
  const out: string[] = []
  const errors: string[] = []
  const terminal = {
    print: (line: string) => void out.push(line),
    warn: (line: string) => void errors.push(line),
    untilStopped: () => Promise.resolve(),
  }
  const readStandardInput = (): Promise<string> => Promise.resolve(standardInput)
  const doctor = createDoctor({ env, hasColours, readStandardInput })
  const code = await runCommand({ doctor }, ['doctor', ...args], terminal)
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

function write(name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

/** The report without what differs from run to run, and as long as before. */
function lasting(report: string): string {
  return report.replace(/(127\.0\.0\.1:)\d+/g, '$100000').replace(/"[\w-]{43}"/g, `"${'k'.repeat(43)}"`)
}

describe('express-cis2 doctor', () => {
  test('reports a healthy set-up and exits with 0', async () => {
    const { code, out, errors } = await run()
    expect([code, errors]).toEqual([0, ''])
    expect(lasting(out)).toMatchSnapshot()
  })

  test('reports a cause with what was found, expected and to do, and exits with 1', async () => {
    patient.answerJwks = answerJson({ keys: [{ ...publicKeyOf(patient), kid: 'another-kid' }] })
    const { code, out } = await run()
    expect(code).toBe(1)
    expect(lasting(out)).toMatchSnapshot()
  })

  test('reports what is left to compare when CIS2 refuses a client with which nothing is wrong', async () => {
    await patient.registerAs({ signingAlgorithm: 'RS256' })
    const { code, out } = await run()
    expect(code).toBe(1)
    expect(lasting(out)).toMatchSnapshot()
  })

  test('reports a warning and exits with 0', async () => {
    const { code, out } = await run(['--client-id', 'an-unusual.client'], settings())
    expect(out).toMatch(/WARNING {2}?iss and sub are the client id/)
    expect(out).toContain('1 with a warning')
    // The simulator does not know this client: the probe fails, and nothing else does.
    expect(code).toBe(1)
  })

  test('uses colours on a terminal only', async () => {
    expect((await run()).out).not.toContain('\u001B')
    expect((await run([], settings(), '', true)).out).toContain('\u001B[32mpass')
  })

  test('prints the diagnosis alone with --json', async () => {
    const { code, out } = await run(['--json'])
    const { ok, checks } = JSON.parse(out) as Diagnosis
    expect([code, ok]).toEqual([0, true])
    expect(checks).toContainEqual(
      expect.objectContaining({ id: 'client-authentication-works', status: 'pass' }),
    )
  })

  test('sends no token request with --no-live-probe', async () => {
    patient.simulator.requests.clear()
    const { code, out } = await run(['--no-live-probe'])
    expect(code).toBe(0)
    expect(out).toContain('the live probe is switched off')
    expect(patient.simulator.requests.count('token')).toBe(0)
  })

  test('lets flags win over variables', async () => {
    const env = {
      ...settings(),
      CIS2_ISSUER: '',
      CIS2_ENVIRONMENT: 'production',
      CIS2_CLIENT_ID: 'x',
      CIS2_BASE_URL: '',
    }
    const { issuer = '', clientId = '', baseUrl = '' } = patient.options
    const flags = ['--issuer', issuer, '--client-id', clientId, '--base-url', baseUrl]
    expect((await run(flags, env)).code).toBe(0)
  })

  test('looks for the key set where CIS2_JWKS_URI or --jwks-uri says', async () => {
    const elsewhere = await patient.serve(answerJson({ keys: [publicKeyOf(patient)] }))
    // The simulator keeps its copy of what is registered, as CIS2 does.
    expect((await run()).code).toBe(0)
    patient.answerJwks = answerJson({}, {}, 404)
    expect((await run()).out).toContain('answered with status 404')
    expect((await run([], { ...settings(), CIS2_JWKS_URI: `${elsewhere}/keys` })).code).toBe(0)
    expect((await run(['--jwks-uri', `${elsewhere}/keys`])).code).toBe(0)
  })

  test('reads options from a file instead of the variables', async () => {
    const file = write('options.json', JSON.stringify(patient.options))
    expect((await run(['--config', file], {})).code).toBe(0)
  })

  test('names a variable that is misspelt, and examines the rest', async () => {
    const { CIS2_CLIENT_ID: id, ...rest } = settings()
    const { code, out } = await run([], { ...rest, CIS2_CLIENTID: id })
    expect(code).toBe(1)
    expect(out).toContain('did you mean')
    expect(out).toContain('CIS2_CLIENT_ID?')
    expect(out).toMatch(/pass {5}A stranger can fetch the key set/)
  })

  test('names the variable of a proxy that nobody reads', async () => {
    const env = {
      ...settings(),
      CIS2_ISSUER: 'http://127.0.0.1:1/openam',
      HTTPS_PROXY: 'http://proxy.test:8080',
    }
    const { out } = await run([], env)
    expect(out).toMatch(/HTTPS_PROXY is set, and neither Node nor this library/)
    expect(out).not.toContain('proxy.test')
  })
})

describe('the installed command', () => {
  const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

  async function runInstalled(env: Record<string, string | undefined>): Promise<Diagnosis> {
    expect(existsSync(command) ? 'built' : 'run `npm run build` first').toBe('built')
    const child = spawn(process.execPath, [command, 'doctor', '--json', '--no-live-probe'], {
      env: { ...env, PATH: process.env.PATH },
    })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    await once(child, 'close')
    return JSON.parse(out) as Diagnosis
  }

  test('trusts for CIS2 whom this machine trusts, and for the key set whom everybody trusts', async () => {
    const { root, intermediate, leaf } = createChain()
    const served = { ...leaf, cert: leaf.cert + intermediate.cert }
    let provider = ''
    const front = await patient.serve((req, res) => passOn(provider)(req, res), served)
    const baseUrl = await patient.serve((req, res) => patient.answerJwks(req, res), served)
    const simulator = await startSimulator({ issuer: `${front}/openam` })
    provider = simulator.url
    const env = {
      ...settings(),
      CIS2_ISSUER: simulator.issuer,
      CIS2_BASE_URL: baseUrl,
      NODE_EXTRA_CA_CERTS: write('root.pem', root.cert),
    }
    try {
      const { checks } = await runInstalled(env)
      expect(checks.find(({ id }) => id === 'provider-certificate-trusted')?.status).toBe('pass')
      expect(checks.filter(({ status }) => status === 'fail')).toEqual([
        expect.objectContaining({ id: 'jwks-certificate-trusted' }),
      ])
    } finally {
      await simulator.close()
    }
  }, 20_000)
})

test('the report in README.md is what the doctor prints', async () => {
  const address = 'https://app.example.nhs.uk'
  const fetch = mapOrigins({ [address]: String(patient.options.baseUrl) })
  patient.answerJwks = answerJson({}, {}, 401)
  patient.options = { ...patient.options, baseUrl: address, fetch }
  const report = renderReport(await patient.examine(), false)
  const failure = report.slice(report.indexOf('20  FAIL'), report.indexOf('\n\n21  '))
  expect(failure).toContain('401')
  expect(await readFile(new URL('../../README.md', import.meta.url), 'utf8')).toContain(failure)
})

describe('express-cis2 doctor --assertion', () => {
  test.each([
    ['as text', () => foreignAssertion(patient), ''],
    ['from a file', () => write('assertion.jwt', foreignAssertion(patient)), ''],
    ['from standard input', () => '-', 'given'],
  ])('explains a good assertion %s', async (_where, given, standardInput) => {
    const input = standardInput === '' ? '' : `${foreignAssertion(patient)}\n`
    const { code, out } = await run(['--assertion', given()], settings(), input)
    expect(code).toBe(0)
    expect(out).toContain('an assertion of another program is only read, never sent')
  })

  test('shows what it says, claim by claim', async () => {
    const iat = Math.floor(Date.now() / 1000) - 3600
    const jti = '6f6d3a54-9c1e-4a40-9d6c-0a1b2c3d4e5f'
    const claims = { iat, exp: iat + 60, jti, role: 'not asked for' }
    const { out } = await run(['--assertion', foreignAssertion(patient, { claims })])
    const table = out.slice(out.indexOf('What the assertion says:'), out.indexOf('Compare with'))
    const [title, ...lines] = table.trim().split('\n')
    const said = Object.fromEntries(lines.map((line) => [line.slice(2, 15).trim(), line.slice(16)] as const))
    expect(title).toBe('What the assertion says:')
    expect(said).toEqual({
      alg: 'RS512',
      typ: 'JWT',
      kid: patient.simulator.client.jwks.keys[0]?.kid,
      iss: '999999999999.apps.national',
      sub: 'the same',
      aud: `"${patient.simulator.issuer}/access_token"`,
      iat: expect.stringMatching(/^20\d\d-.*Z \(36\d\d seconds ago\)$/),
      exp: expect.stringMatching(/^20\d\d-.*Z \(35\d\d seconds ago\)$/),
      jti: '36 characters',
      'other claims': '1',
    })
    expect(out).not.toContain(jti)
  })

  test('takes one in the base64 of files for an assertion and not for a file name', async () => {
    const [header = ''] = foreignAssertion(patient).split('.')
    const { code, out, errors } = await run(['--assertion', `${header}/a+.told-to/nobody.told/to+nobody`])
    expect([code, errors]).toEqual([1, ''])
    expect(out).toContain('not all base64url')
    expect(out).not.toContain('nobody')
  })

  test('needs no other settings than those it compares with', async () => {
    const { CIS2_ISSUER, CIS2_CLIENT_ID } = settings()
    const assertion = foreignAssertion(patient, { claims: { aud: patient.simulator.issuer } })
    const flags = ['--assertion', assertion, '--jwks-uri', patient.registeredJwksUri, '--json']
    const { out } = await run(flags, { CIS2_ISSUER, CIS2_CLIENT_ID })
    const { checks } = JSON.parse(out) as Diagnosis
    expect(checks.filter(({ status }) => status === 'fail').map(({ id }) => id)).toEqual(['audience-exact'])
  })

  test('never prints it', async () => {
    const assertion = foreignAssertion(patient, {
      claims: { jti: 'told-to-nobody-else' },
      header: { kid: 'unknown' },
    })
    for (const text of [
      assertion,
      `client_assertion=${assertion}&client_secret=told-to-nobody`,
      `x${assertion}.y`,
      foreignAssertion(patient, { claims: { aud: assertion } }),
      foreignAssertion(patient, { claims: { aud: 'told-to-nobody' } }),
      foreignAssertion(patient, { claims: { aud: `told-to-nobody.${'x'.repeat(85)}` } }),
      foreignAssertion(patient, { claims: { iss: 'told-to-nobody', sub: 'told-to-nobody' } }),
    ]) {
      const { out } = await run(['--assertion', text, '--json'])
      for (const part of [...assertion.split('.'), 'told-to-nobody']) expect(out).not.toContain(part)
    }
  })
})

describe('express-cis2 doctor --token-error', () => {
  test.each([
    ['JWT is not valid', 'CIS2 has other keys than the published ones'],
    ['Client authentication failed', 'wait a minute and retry'],
    ['Invalid authentication method for accessing this endpoint.', 'registered for a client secret'],
    ['JWT has expired', "This machine's clock is wrong"],
    ['Audience validation failed', 'aud must be the token_endpoint'],
  ])('explains %p with no settings at all', async (description, advice) => {
    const file = write(
      'answer.json',
      JSON.stringify({ error: 'invalid_client', error_description: description }),
    )
    const { code, out } = await run(['--token-error', file], {})
    expect(code).toBe(1)
    expect(out.replace(/\s+/g, ' ')).toContain(advice)
    expect(out.match(/FAIL/g)).toHaveLength(1)
  })

  test('explains text that is no OAuth answer', async () => {
    const { code, out } = await run(
      ['--token-error', write('answer.txt', 'Unable to load JWKs from registered jwks_uri.')],
      {},
    )
    expect(code).toBe(1)
    expect(out).toContain('The registered jwks_uri is out of date')
  })
})

describe('express-cis2 doctor, called wrongly, exits with 2', () => {
  test.each([
    [['--isuer', 'x']],
    [['stray']],
    [['--config', 'no-such-file.json']],
    [['--assertion', './no-such-file.jwt']],
    [['--token-error', 'no-such-file.json']],
  ])('for %j', async (args) => {
    const { code, out, errors } = await run(args)
    expect([code, out]).toEqual([2, ''])
    expect(errors).toContain('Usage: express-cis2 doctor')
  })

  test.each([
    ['--config', '{"jwks":{"keys":[{"d":"told-to-nobody"}]}}'],
    ['--config', '-----BEGIN PRIVATE KEY-----\ntold-to-nobody'],
    ['--token-error', '{"client_assertion":"told-to-nobody"}'],
    ['--assertion', `./${'told-to-nobody/'.repeat(20)}`],
  ])('for what is given to %s in place of a file, without repeating it', async (flag, given) => {
    const { code, out, errors } = await run([flag.concat('=', given)])
    expect([code, out]).toEqual([2, ''])
    expect(errors).toMatch(/a text of \d+ characters/)
    expect(errors).not.toContain('told-to-nobody')
  })

  test.each([
    ['--jwks-uri', {}],
    ['CIS2_JWKS_URI', { CIS2_JWKS_URI: 'https://app:told-to-nobody@app.example/jwks' }],
  ])('for a password in %s, without repeating it', async (name, variable) => {
    const flags = name.startsWith('-') ? [name, 'https://app:told-to-nobody@app.example/jwks'] : []
    const { code, out, errors } = await run(flags, { ...settings(), ...variable })
    expect([code, out]).toEqual([2, ''])
    expect(errors).toContain('user name or password')
    expect(errors).not.toContain('told-to-nobody')
  })

  test('for an assertion without its flag, without repeating it', async () => {
    const assertion = foreignAssertion(patient)
    const { code, errors } = await run([assertion])
    expect(code).toBe(2)
    for (const part of assertion.split('.')) expect(errors).not.toContain(part)
  })

  test('for a --config that is no JSON, without repeating it', async () => {
    const { code, errors } = await run(['--config', write('options.json', 'secret-text {')])
    expect(code).toBe(2)
    expect(errors).not.toContain('secret-text')
  })
})

test('express-cis2 doctor --help explains itself', async () => {
  const { code, out } = await run(['--help'])
  expect(code).toBe(0)
  expect(out).toMatch(/--assertion.*--token-error/s)
})
