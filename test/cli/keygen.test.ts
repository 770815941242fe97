import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { calculateJwkThumbprint } from 'jose'
import { keygen } from '../../lib/cli/keygen.js'
import { createClientAssertion, createJwks, type PrivateJwk } from '../../lib/index.js'
import { resetClock, setClock } from '../support/fake-clock.js'
import { logIn, startJourney } from '../support/login.js'
import { runToEnd, tooLong, type Printed } from '../support/terminal.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'dist', 'cli', 'main.js')

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'keygen-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const run = (...args: string[]): Promise<Printed> => runToEnd({ keygen }, 'keygen', ...args)
const at = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(at(name), 'utf8')
const modeOf = (name: string): number => statSync(at(name)).mode & 0o777
// The smallest is the quickest to make.
const quick = ['--type', 'rsa-2048']

function keysIn(text: string): PrivateJwk[] {
  return (JSON.parse(text) as { keys: PrivateJwk[] }).keys
}

describe('express-cis2 keygen', () => {
  it('explains itself with --help, within 80 columns', async () => {
    const { code, out, errors } = await run('--help')
    expect([code, errors]).toEqual([0, ''])
    expect(out).toMatch(/rsa-2048, rsa-3072, rsa-4096 or ec-p256/)
    expect(tooLong(out)).toEqual([])
  })

  it.each([
    ['an unknown flag', ['--bits', '4096']],
    ['an unknown type', ['--type', 'rsa-1024']],
    ['an inherited name as type', ['--type', 'constructor']],
    ['an algorithm of another kind of key', ['--alg', 'ES256']],
    ['a shared-secret algorithm', ['--alg', 'HS256']],
    ['no file name', ['--out', '']],
    ['one file for two things', ['--out', 'a', '--public', 'a']],
    ['a stray word', ['stray']],
  ])('exits with 2 for %s', async (_, args) => {
    const { code, out, errors } = await run(...args)
    expect([code, out]).toEqual([2, ''])
    expect(errors).toContain('Usage: express-cis2 keygen')
  })

  it.each([
    ['rsa-2048', 'RS512', 2048],
    ['rsa-3072', 'RS512', 3072],
    ['rsa-4096', 'RS512', 4096],
  ])(
    'makes %s for %s',
    async (type, alg, bits) => {
      const { code, out } = await run('--type', type)
      const [key] = keysIn(out)
      expect(code).toBe(0)
      expect(key).toMatchObject({ kty: 'RSA', use: 'sig', alg })
      expect(createPrivateKey({ key: { ...key }, format: 'jwk' }).asymmetricKeyDetails?.modulusLength).toBe(
        bits,
      )
      expect(key?.kid).toBe(await calculateJwkThumbprint(key ?? {}))
      await expect(
        createClientAssertion({ clientId: 'a', audience: 'b', signingKey: key ?? '' }),
      ).resolves.toMatch(/^ey/)
    },
    60_000,
  )

  it('makes RSA with 3072 bits when nothing is said', async () => {
    const { out } = await run()
    expect(
      createPrivateKey({ key: { ...keysIn(out)[0] }, format: 'jwk' }).asymmetricKeyDetails?.modulusLength,
    ).toBe(3072)
  }, 60_000)

  it('warns of EC, within 80 columns', async () => {
    const { code, out, errors } = await run('--type', 'ec-p256')
    expect(code).toBe(0)
    expect(keysIn(out)).toMatchObject([{ kty: 'EC', crv: 'P-256', alg: 'ES256' }])
    expect(errors).toContain('Warning: clients of CIS2 are known to be registered with RSA keys')
    expect(tooLong(errors)).toEqual([])
  })

  it('makes a key for the algorithm that is registered', async () => {
    const { out } = await run(...quick, '--alg', 'RS256')
    expect(keysIn(out)).toMatchObject([{ alg: 'RS256' }])
  })

  it('prints the private set alone, so that it can be piped, and tells the rest beside it', async () => {
    const { out, errors } = await run(...quick)
    expect(out.split('\n')).toHaveLength(1)
    expect(errors).toContain(`kid               ${keysIn(out)[0]?.kid}`)
    expect(errors).toContain('CIS2_JWKS')
    expect(errors).not.toContain(keysIn(out)[0]?.d)
  })

  it('writes files for their owner alone, and prints nothing private', async () => {
    const args = ['--out', at('jwks.json'), '--public', at('public.json'), '--pem', at('key.pem')]
    const { code, out, errors } = await run(...quick, ...args)
    expect([code, errors]).toEqual([0, ''])
    expect([modeOf('jwks.json'), modeOf('key.pem')]).toEqual([0o600, 0o600])
    const keys = keysIn(read('jwks.json'))
    expect(JSON.parse(read('public.json'))).toEqual(createJwks({ jwks: { keys } }))
    const pem = createPublicKey(createPrivateKey(read('key.pem'))).export({ format: 'jwk' })
    expect(pem.n).toBe(keys[0]?.n)
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const)
      expect(out).not.toContain(keys[0]?.[member])
    expect(out).toContain(keys[0]?.kid)
  })

  it.each(['--out', '--public', '--pem'])(
    'never overwrites what %s names, and then writes nothing',
    async (flag) => {
      writeFileSync(at('taken'), 'precious')
      const files = { '--out': 'a', '--public': 'b', '--pem': 'c', [flag]: 'taken' }
      const args = Object.entries(files).flatMap(([name, file]) => [name, at(file)])
      const { code, out, errors } = await run(...quick, ...args)
      expect([code, out]).toEqual([1, ''])
      expect(errors).toContain(`${at('taken')} exists already, and is never overwritten`)
      expect(readdirSync(folder)).toEqual(['taken'])
      expect(read('taken')).toBe('precious')
    },
  )

  it('follows no symbolic link', async () => {
    symlinkSync(at('elsewhere'), at('link'))
    const { code, errors } = await run(...quick, '--out', at('link'))
    expect(code).toBe(1)
    expect(errors).toContain('exists already')
    expect(readdirSync(folder)).toEqual(['link'])
  })

  it('says which folder is missing', async () => {
    const { code, errors } = await run(...quick, '--out', at('none/jwks.json'))
    expect(code).toBe(1)
    expect(errors).toContain('its folder does not exist')
  })

  it('prints one line of JSON with --json, private only where no file takes it', async () => {
    const { out } = await run(...quick, '--json')
    const report = JSON.parse(out) as Record<string, unknown>
    const [key] = keysIn(JSON.stringify(report['jwks']))
    expect(report).toMatchObject({ kid: key?.kid, algorithm: 'RS512', type: 'rsa-2048', files: {} })
    const written = await run(...quick, '--json', '--out', at('jwks.json'))
    const [hidden] = keysIn(read('jwks.json'))
    expect(JSON.parse(written.out)).toEqual({
      kid: hidden?.kid,
      algorithm: 'RS512',
      type: 'rsa-2048',
      files: { private: at('jwks.json') },
      publicJwks: createJwks({ jwks: { keys: hidden ? [hidden] : [] } }),
    })
  })
})

describe('express-cis2 keygen --add-to', () => {
  it('puts the next key into a copy of the set, with its date', async () => {
    await run(...quick, '--out', at('old.json'))
    const before = read('old.json')
    const started = Date.now()
    const { code, out, errors } = await run(...quick, '--add-to', at('old.json'), '--out', at('new.json'))
    expect([code, errors]).toEqual([0, ''])
    expect(read('old.json')).toBe(before)
    const [old, next] = keysIn(read('new.json'))
    expect(old).toEqual(keysIn(before)[0])
    expect(next).toMatchObject({ status: 'next', d: expect.any(String) })
    expect(Math.abs(Date.parse(next?.publishedAt ?? '') - started)).toBeLessThan(60_000)
    expect(modeOf('new.json')).toBe(0o600)
    expect(out).toContain(new Date(Date.parse(next?.publishedAt ?? '') + 24 * 3600_000).toISOString())
    expect(out).toContain(old?.kid)
    expect(tooLong(out.replaceAll(folder, ''))).toEqual([])
  })

  it('makes sets that log somebody in, before and after the next key takes over', async () => {
    await run(...quick, '--out', at('old.json'))
    await run(...quick, '--add-to', at('old.json'), '--out', at('new.json'))
    const journey = await startJourney({ jwks: { keys: keysIn(read('old.json')) } })
    try {
      const outcome = async () =>
        (await logIn({ ...journey, browser: journey.anotherBrowser() })).location ===
        `${journey.app.baseUrl}/`
      expect(await outcome()).toBe(true)
      const keys = keysIn(read('new.json'))
      journey.app.cis2.setKeys({ keys })
      expect(await outcome()).toBe(true)
      setClock(Date.now() + 25 * 3600_000)
      expect(await outcome()).toBe(true)
      expect(journey.app.cis2.health().keys.signing).toBe(keys[1]?.kid)
    } finally {
      await journey.close()
      resetClock()
    }
  }, 30_000)

  it('says so when an active key keeps the new one from signing by itself', async () => {
    const [key] = keysIn((await run(...quick)).out)
    writeFileSync(at('old.json'), JSON.stringify({ keys: [{ ...key, status: 'active' }] }))
    const { out } = await run(...quick, '--add-to', at('old.json'), '--out', at('new.json'))
    expect(out).toMatch(/A key of the set is "active": after 24 hours mark it "retired"/)
  })

  it.each([
    ['is not there', undefined, /cannot be read/],
    ['is not JSON', 'CIS2_JWKS={', /is not JSON: a private JWK set is expected/],
    ['is one key', '{"kty":"RSA"}', /cannot be used:\n {2}jwks must be a JWK set/],
    [
      'has no private key',
      '{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}',
      /jwks\.keys\[0\] is an RSA key of/,
    ],
  ])('exits with 1 for a set that %s', async (_, text, message) => {
    if (text !== undefined) writeFileSync(at('old.json'), text)
    const { code, out, errors } = await run(...quick, '--add-to', at('old.json'))
    expect([code, out]).toEqual([1, ''])
    expect(errors).toMatch(message)
  })
})

it('never repeats a set that is given in place of its file', async () => {
  const set = '{"keys":[{"kty":"RSA","d":"told-to-nobody"}]}'
  for (const args of [
    ['--add-to', set],
    ['--out', set, set],
  ]) {
    const { out, errors } = await run(...quick, ...args)
    expect(out + errors).not.toContain('told-to-nobody')
  }
})

describe('the program', () => {
  it('prints a key, and keeps file modes whatever the umask', () => {
    const script = `umask 000; exec "$0" "$@"`
    const args = ['-c', script, process.execPath, program, 'keygen', ...quick, '--out', at('jwks.json')]
    const { status, stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^A new key: RSA, 2048 bits, for RS512\n/)
    expect(modeOf('jwks.json')).toBe(0o600)
  })

  it('exits with 2 for a mistake, and 1 for a file that is there', () => {
    const start = (...args: string[]) =>
      spawnSync(process.execPath, [program, 'keygen', ...args], { encoding: 'utf8' })
    expect(start('--nonsense').status).toBe(2)
    writeFileSync(at('taken'), '')
    chmodSync(at('taken'), 0o600)
    expect(start(...quick, '--out', at('taken')).status).toBe(1)
  })
})
