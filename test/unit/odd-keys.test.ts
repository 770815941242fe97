import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import {
  ConfigurationError,
  createCis2,
  createClientAssertion,
  createJwks,
  type Cis2Options,
  type RemoteSigner,
  type SigningKeyInput,
} from '../../lib/index.js'
import { testSecret } from '../support/keys.js'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const own = { ...privateKey.export({ format: 'jwk' }), kid: 'own' }
const open = publicKey.export({ format: 'jwk' })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()

function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  return 'accepted'
}

describe('a private key in PEM', () => {
  const expected = createJwks({ signingKey: privateKey })
  it.each<readonly [string, string]>([
    ['with its certificate', `-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n${pem}`],
    ['after its public key', publicPem + pem],
    ['before its public key', pem + publicPem],
    ['with bag attributes', `Bag Attributes\n    friendlyName: app\n${pem}`],
    ['with text after it', `${pem}\nthat was it`],
    ['after a byte order mark', `\uFEFF${pem}`],
    ['with spaces for line breaks', pem.replaceAll('\n', ' ')],
    ['with carriage returns for line breaks', pem.replaceAll('\n', '\r')],
    ['with indented lines', pem.replaceAll('\n', '\n      ')],
    ['with empty lines', pem.replaceAll('\n', '\n\n')],
    ['with line breaks escaped twice', pem.replaceAll('\n', '\\\\n')],
    ['as a line of an .env file', `KEY="${pem.replaceAll('\n', '\\n')}"`],
  ])('is read %s', (_how, signingKey) => {
    expect(createJwks({ signingKey })).toEqual(expected)
  })

  it('with its certificate is still told to be encrypted', () => {
    const signingKey = `${publicPem}-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----`
    expect(messageOf(() => createJwks({ signingKey }))).toMatch(/encrypted with a passphrase/)
  })

  it('as bytes is told to be read as text', () => {
    const signingKey = Buffer.from(pem) as unknown as SigningKeyInput
    expect(messageOf(() => createJwks({ signingKey }))).toMatch(/is a buffer: read the file as text/)
  })
})

describe('a kid', () => {
  const signer = (changes: object): RemoteSigner => ({
    publicJwk: open,
    sign: () => Promise.resolve(new Uint8Array()),
    ...changes,
  })

  it.each<unknown>([5, '', ' ', null, { a: 1 }, ['a']])('that is %p is never published', (kid) => {
    const refused = /has a "kid" that is not text/
    const key = { ...open, kid } as JsonWebKey & { kid: string }
    expect(messageOf(() => createJwks({ jwks: { keys: [own, key] } }))).toMatch(refused)
    expect(messageOf(() => createJwks({ jwks: { keys: [{ ...key, ...own, kid: key.kid }] } }))).toMatch(
      refused,
    )
    expect(messageOf(() => createJwks({ signingKey: signer({ publicJwk: key }) }))).toMatch(refused)
    if (kid !== null) expect(messageOf(() => createJwks({ signingKey: signer({ kid }) }))).toMatch(refused)
  })
})

describe('a remote signer', () => {
  const remote = (run: RemoteSigner['sign']): RemoteSigner => ({ publicJwk: open, sign: run })

  it('is refused a public key that is for encryption', () => {
    const signingKey = { ...remote(() => Promise.reject(new Error())), publicJwk: { ...open, use: 'enc' } }
    expect(messageOf(() => createJwks({ signingKey }))).toMatch(/marked for encryption/)
  })

  it('may hold what leads in circles, as a client of a vault does', () => {
    const client: Record<string, unknown> = {}
    client['self'] = client
    const key = { ...remote(() => Promise.reject(new Error())), client, count: 1n }
    const options = {
      environment: 'integration',
      clientId: 'client',
      baseUrl: 'https://app.example.nhs.uk',
      secret: testSecret,
      jwks: () => ({ keys: [key] }),
    } satisfies Cis2Options
    expect(messageOf(() => createCis2(options).close())).toBe('accepted')
  })

  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['text', 'signature'],
    ['an ArrayBuffer', new ArrayBuffer(256)],
    ['numbers of another size', new Uint16Array(128)],
  ])('that answers with %s has failed', async (_what, answer) => {
    const signingKey = remote(() => Promise.resolve(answer as Uint8Array))
    const assertion = createClientAssertion({ clientId: 'client', audience: 'https://a', signingKey })
    await expect(assertion).rejects.toMatchObject({
      code: 'ERR_CIS2_SIGNING',
      detail: 'the remote signer did not return a Uint8Array',
    })
  })

  it('that throws at once, and throws nothing, has failed', async () => {
    const signingKey = remote(() => {
      // oxlint-disable-next-line typescript/only-throw-error -- what a vault's client may do
      throw undefined
    })
    const assertion = createClientAssertion({ clientId: 'client', audience: 'https://a', signingKey })
    await expect(assertion).rejects.toMatchObject({ code: 'ERR_CIS2_SIGNING' })
  })
})
