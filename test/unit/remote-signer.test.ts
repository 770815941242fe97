import { constants, generateKeyPairSync, hash, sign, type KeyObject } from 'node:crypto'
import { Cis2Error, type RemoteSigner } from '../../lib/index.js'
import { parseSigningKey, type SigningKey } from '../../lib/keys/signing-key.js'

// What a vault can do wrong, by name; and how many signatures are asked for at a time.

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const larger = generateKeyPairSync('rsa', { modulusLength: 3072 })
const curves = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
}
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }

function parse(publicKey: KeyObject, alg: string, run: RemoteSigner['sign']): SigningKey {
  return parseSigningKey({ publicJwk: publicKey.export({ format: 'jwk' }), alg, sign: run }, 'RS512')
}

async function failureOf(promise: Promise<unknown>): Promise<Cis2Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof Cis2Error) return error
  throw new Error('no Cis2Error', { cause: error })
}

const never = (): AbortSignal => new AbortController().signal

describe('a signature of a vault', () => {
  type Case = readonly [string, KeyObject, string, (data: Uint8Array) => Uint8Array, RegExp]
  const raw = 'ieee-p1363'

  it.each<Case>([
    ...(
      [
        ['ES256', 64],
        ['ES384', 96],
        ['ES512', 132],
      ] as const
    ).map(([alg, bytes]): Case => [
      `in DER for ${alg}`,
      curves[alg].publicKey,
      alg,
      (data) => sign(`sha${alg.slice(2)}`, data, curves[alg].privateKey),
      new RegExp(`it is DER, expected raw r‖s \\(${bytes} bytes\\)`),
    ]),
    [
      'in DER and of another key',
      curves.ES256.publicKey,
      'ES256',
      (data) => sign('sha256', data, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
      /it is DER, expected raw r‖s \(64 bytes\)/,
    ],
    [
      'over another hash on a curve',
      curves.ES256.publicKey,
      'ES256',
      (data) => sign('sha512', data, { key: curves.ES256.privateKey, dsaEncoding: raw }),
      /its hash is sha512, expected sha256 for ES256/,
    ],
    [
      'with RS256',
      rsa.publicKey,
      'RS512',
      (data) => sign('sha256', data, rsa.privateKey),
      /it is RS256, expected RS512/,
    ],
    [
      'with PS512',
      rsa.publicKey,
      'RS512',
      (data) => sign('sha512', data, { key: rsa.privateKey, ...pss }),
      /it is PS512, expected RS512/,
    ],
    [
      'with RS512',
      rsa.publicKey,
      'PS512',
      (data) => sign('sha512', data, rsa.privateKey),
      /it is RS512, expected PS512/,
    ],
    [
      'over the digest instead of the data',
      rsa.publicKey,
      'RS512',
      (data) => sign('sha512', hash('sha512', data, 'buffer'), rsa.privateKey),
      /the digest was hashed once more/,
    ],
    [
      'over the digest on a curve',
      curves.ES256.publicKey,
      'ES256',
      (data) =>
        sign('sha256', hash('sha256', data, 'buffer'), { key: curves.ES256.privateKey, dsaEncoding: raw }),
      /the digest was hashed once more/,
    ],
    [
      'of another key',
      rsa.publicKey,
      'RS512',
      (data) => sign('sha512', data, other.privateKey),
      /by another key/,
    ],
    [
      'of a larger key',
      rsa.publicKey,
      'RS512',
      (data) => sign('sha512', data, larger.privateKey),
      /it has 384 bytes, expected 256 for this key/,
    ],
    ['that is empty', rsa.publicKey, 'RS512', () => new Uint8Array(), /it has 0 bytes, expected 256/],
    [
      'that is empty, on a curve',
      curves.ES512.publicKey,
      'ES512',
      () => new Uint8Array(),
      /0 bytes, expected 132/,
    ],
    [
      'that only looks like DER',
      curves.ES256.publicKey,
      'ES256',
      () => Buffer.from('3003020100', 'hex'),
      /it has 5 bytes/,
    ],
  ])('%s is named', async (_, publicKey, alg, run, message) => {
    const key = parse(publicKey, alg, (data) => Promise.resolve(run(data)))
    const error = await failureOf(key.sign(Buffer.from('data'), never()))
    expect(error.code).toBe('ERR_CIS2_SIGNING')
    expect(error.message).toMatch(message)
  })

  it('is checked until one was good, and not after it', async () => {
    const answers = [other.privateKey, rsa.privateKey, other.privateKey]
    const key = parse(rsa.publicKey, 'RS512', (data) =>
      Promise.resolve(sign('sha512', data, answers.shift() ?? rsa.privateKey)),
    )
    await failureOf(key.sign(Buffer.from('data'), never()))
    await key.sign(Buffer.from('data'), never())
    await expect(key.sign(Buffer.from('data'), never())).resolves.toHaveLength(256)
  })

  it('that is cut short is named also after a good one', async () => {
    let length = 256
    const key = parse(rsa.publicKey, 'RS512', (data) =>
      Promise.resolve(sign('sha512', data, rsa.privateKey).subarray(0, length)),
    )
    await key.sign(Buffer.from('data'), never())
    length = 255
    const error = await failureOf(key.sign(Buffer.from('data'), never()))
    expect(error.message).toMatch(/it has 255 bytes, expected 256 for this key/)
  })
})

describe('the signatures that are asked for', () => {
  /** A vault that answers when it is told to. */
  function openVault(): { key: SigningKey; answers: (() => void)[] } {
    const answers: (() => void)[] = []
    const key = parse(rsa.publicKey, 'RS512', (data) => {
      const signature = sign('sha512', data, rsa.privateKey)
      return new Promise((resolve) => answers.push(() => resolve(signature)))
    })
    return { key, answers }
  }
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  it('are 20 at a time, and every other gets its turn', async () => {
    const { key, answers } = openVault()
    const signing = Array.from({ length: 50 }, (_, each) => key.sign(Buffer.from(`data ${each}`), never()))
    await settled()
    expect(answers).toHaveLength(20)
    answers.slice(0, 5).forEach((answer) => answer())
    await settled()
    expect(answers).toHaveLength(25)
    for (let done = 5; done < 50; done++) {
      answers[done]?.()
      await settled()
    }
    expect(new Set((await Promise.all(signing)).map((each) => Buffer.from(each).toString('hex'))).size).toBe(
      50,
    )
  })

  it('do not wait longer than their own time, and take no turn from others', async () => {
    const { key, answers } = openVault()
    const first = Array.from({ length: 20 }, () => key.sign(Buffer.from('data'), never()))
    const late = new AbortController()
    const waiting = key.sign(Buffer.from('late'), late.signal)
    const patient = key.sign(Buffer.from('patient'), never())
    await settled()
    late.abort()
    expect((await failureOf(waiting)).message).toMatch(/20 signatures are under way at the remote signer/)
    answers[0]?.()
    await settled()
    expect(answers).toHaveLength(21)
    answers.forEach((answer) => answer())
    await expect(Promise.all([...first, patient])).resolves.toHaveLength(21)
  })

  it('that never end give their turn away when their time is up', async () => {
    const { key, answers } = openVault()
    const times = Array.from({ length: 20 }, () => new AbortController())
    const hanging = times.map(({ signal }) => failureOf(key.sign(Buffer.from('data'), signal)))
    const next = key.sign(Buffer.from('next'), never())
    await settled()
    times.forEach((time) => time.abort())
    for (const { message } of await Promise.all(hanging)) expect(message).toMatch(/did not answer in time/)
    answers[20]?.()
    await expect(next).resolves.toHaveLength(256)
  })

  it('are not begun when the time is up before', async () => {
    const { key, answers } = openVault()
    await failureOf(key.sign(Buffer.from('data'), AbortSignal.abort()))
    expect(answers).toHaveLength(0)
  })
})
