import { runCommand } from '../../lib/cli/run-command.js'
import { simulator } from '../../lib/cli/simulator.js'
import { start } from './relying-party.js'

function createTerminal() {
  const out: string[] = []
  const errors: string[] = []
  let stop = (): void => undefined
  const stopped = new Promise<void>((resolve) => (stop = resolve))
  const terminal = {
    print: (line: string) => void out.push(line),
    warn: (line: string) => void errors.push(line),
    untilStopped: () => stopped,
  }
  return { out, errors, terminal, stop: () => stop() }
}

/** Waits until a line has been printed, without sleeping. */
async function firstOf(lines: readonly string[]): Promise<string> {
  while (lines[0] === undefined) await new Promise((resolve) => setImmediate(resolve))
  return lines[0]
}

async function run(...args: string[]) {
  const { out, errors, terminal } = createTerminal()
  const code = await runCommand({ simulator }, args, terminal)
  return { code, out: out.join('\n'), errors: errors.join('\n') }
}

describe('the command line', () => {
  test('explains itself with --help', async () => {
    const { code, out, errors } = await run('--help')
    expect([code, errors]).toEqual([0, ''])
    expect(out).toContain('Usage: express-cis2 <command>')
    expect(out).toContain('simulator     a CIS2 with invented people')
  })

  test.each([[[]], [['simulate']], [['toString']], [['__proto__']]])('exits with 2 for %j', async (args) => {
    const { code, out, errors } = await run(...args)
    expect([code, out]).toEqual([2, ''])
    expect(errors).toContain('Usage: express-cis2 <command>')
  })
})

describe('express-cis2 simulator', () => {
  const nodeEnv = process.env.NODE_ENV
  afterEach(() => {
    process.env.NODE_ENV = nodeEnv
  })

  test('explains itself with --help', async () => {
    const { code, out } = await run('simulator', '--help')
    expect(code).toBe(0)
    expect(out).toMatch(/--port.*4400/)
  })

  test.each([
    ['--prot'],
    ['--port'],
    ['--port=x'],
    ['--port=65536'],
    ['--issuer=https://am.test/'],
    ['stray'],
  ])('exits with 2 for %s', async (flag) => {
    const { code, out, errors } = await run('simulator', flag)
    expect([code, out]).toEqual([2, ''])
    expect(errors).not.toBe('')
  })

  test('exits with 1 in production, and when the port is taken', async () => {
    const running = await start()
    const { port } = new URL(running.url)
    const taken = await run('simulator', '--port', port)
    expect(taken).toEqual({
      code: 1,
      out: '',
      errors: `Something else listens on port ${port}: choose another with --port.`,
    })
    process.env.NODE_ENV = 'production'
    const refused = await run('simulator', '--port', '0')
    expect(refused.code).toBe(1)
    expect(refused.errors).toContain('NODE_ENV')
  })

  test('prints settings to paste, tells of requests, and ends when it is stopped', async () => {
    const { out, errors, terminal, stop } = createTerminal()
    const code = runCommand({ simulator }, ['simulator', '--port', '0'], terminal)
    const text = await firstOf(out)
    const settings = Object.fromEntries(
      [...text.matchAll(/^export (CIS2_\w+)='([^']*)'$/gm)].map(([, name, value]) => [name, value ?? '']),
    )
    expect(Object.keys(settings)).toEqual([
      'CIS2_ISSUER',
      'CIS2_CLIENT_ID',
      'CIS2_BASE_URL',
      'CIS2_JWKS',
      'CIS2_SECRET',
    ])
    expect(text).toContain('was made for this run')
    expect(JSON.parse(settings.CIS2_JWKS ?? '')).toMatchObject({
      keys: [{ alg: 'RS512', d: expect.any(String) }],
    })
    expect(settings.CIS2_SECRET).toMatch(/^[\w-]{43}$/)
    const response = await fetch(`${settings.CIS2_ISSUER}/userinfo`)
    expect(response.status).toBe(401)
    await response.text()
    stop()
    expect(await code).toBe(0)
    expect(out.slice(1)).toEqual(['GET userInfo 401: there is no Authorization header with a Bearer token'])
    expect(errors).toEqual([])
    await expect(fetch(`${settings.CIS2_ISSUER}/userinfo`)).rejects.toThrow()
  })

  test('prints one line of JSON with --json', async () => {
    const { out, terminal, stop } = createTerminal()
    const issuer = 'https://am.sim.test:443/openam'
    const flags = ['--port', '0', '--issuer', issuer, '--base-url', 'http://localhost:8080', '--json']
    const code = runCommand({ simulator }, ['simulator', ...flags], terminal)
    const { url, environment, ...rest } = JSON.parse(await firstOf(out)) as Record<string, unknown>
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(environment).toMatchObject({ CIS2_ISSUER: issuer, CIS2_BASE_URL: 'http://localhost:8080' })
    expect(rest).toEqual({ issuer })
    await (await fetch(`${String(url)}/openam/userinfo`)).text()
    stop()
    expect(await code).toBe(0)
    expect(out).toHaveLength(1)
  })
})
