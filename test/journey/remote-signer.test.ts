import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { JsonWebKey } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RemoteSigner } from '../../lib/index.js'
import { makeRsaJwk } from '../support/keys.js'
import { logIn, startJourney, type Journey } from '../support/login.js'

// The key is in another process.

const program = join(fileURLToPath(new URL('..', import.meta.url)), 'support', 'signer-process.js')

let vault: ChildProcess
let journey: Journey | undefined

afterEach(async () => {
  await journey?.close()
  journey = undefined
  const ended = once(vault, 'exit')
  vault.kill()
  await ended
})

async function openVault(curve: string, format: string, alg: string): Promise<RemoteSigner> {
  vault = fork(program, [curve, format], { execArgv: [] })
  const [{ publicJwk }] = (await once(vault, 'message')) as [{ publicJwk: JsonWebKey }]
  const waiting = new Map<number, (signature: Buffer) => void>()
  vault.on('message', ({ id, signature }: { id: number; signature: string }) =>
    waiting.get(id)?.(Buffer.from(signature, 'base64')),
  )
  let asked = 0
  return {
    publicJwk,
    alg,
    kid: `${curve} in the vault`,
    sign: (data) =>
      new Promise((resolve) => {
        const id = asked++
        waiting.set(id, resolve)
        vault.send({ id, data: Buffer.from(data).toString('base64') })
      }),
  }
}

async function startWith(signer: RemoteSigner, settings: Parameters<typeof startJourney>[0] = {}) {
  const client = { clientId: '777777777777.apps.national', signingAlgorithm: signer.alg ?? '' }
  journey = await startJourney(
    { clientId: client.clientId, jwks: { keys: [signer] }, ...settings },
    { clients: [client] },
  )
  return journey
}

function refusals({ app }: Journey): unknown[] {
  return app.events.filter(({ name }) => name === 'login.failed').map(({ reason }) => reason)
}

describe('a signer in another process', () => {
  it.each([
    ['rsa', '', 'RS512'],
    ['prime256v1', 'ieee-p1363', 'ES256'],
  ])('logs somebody in (%s)', async (curve, format, alg) => {
    const journey = await startWith(await openVault(curve, format, alg))
    expect((await logIn(journey)).location).toBe(`${journey.app.baseUrl}/`)
    const answer = await fetch(`${journey.app.url}/cis2/jwks`)
    expect(await answer.json()).toMatchObject({ keys: [{ kid: `${curve} in the vault`, alg, use: 'sig' }] })
  })

  it('stands in a set beside a key of the old kind, and takes over from it', async () => {
    const local = { ...makeRsaJwk(), kid: 'local' }
    const signer = await openVault('rsa', '', 'RS512')
    const jwks = { keys: [local, { ...signer, status: 'next' as const }] }
    const journey = await startWith(signer, { jwks })
    expect((await logIn(journey)).location).toBe(`${journey.app.baseUrl}/`)
    journey.app.cis2.setKeys({
      keys: [
        { ...signer, status: 'active' },
        { ...local, status: 'retired' },
      ],
    })
    expect((await logIn({ ...journey, browser: journey.anotherBrowser() })).location).toBe(
      `${journey.app.baseUrl}/`,
    )
    expect(journey.app.cis2.health().keys).toMatchObject({
      signing: 'rsa in the vault',
      published: ['rsa in the vault', 'local'],
    })
  })

  it('that answers in DER is named, and CIS2 is not asked', async () => {
    const journey = await startWith(await openVault('prime256v1', 'der', 'ES256'))
    const page = await logIn(journey)
    expect(page.status).toBe(503)
    expect(refusals(journey)).toEqual(['ERR_CIS2_SIGNING'])
    expect(journey.simulator.requests.count('token')).toBe(0)
  })

  it('that does not answer ends with the time of the login', async () => {
    const signer = await openVault('rsa', 'silent', 'RS512')
    const journey = await startWith(signer, { timeouts: { requestMs: 500 } })
    const page = await logIn(journey)
    expect(page.status).toBe(503)
    expect(refusals(journey)).toEqual(['ERR_CIS2_SIGNING'])
  })
})
