import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

/** A certificate with its key, as a TLS server takes them. */
export interface Certified {
  cert: string
  key: string
}

interface Request {
  name: string
  /** Who signs; itself when nobody is given. */
  by?: Certified & { name: string }
  isAuthority?: boolean
  /** The DNS name that it is for. */
  host?: string
  /** Days from now. */
  days?: [from: number, to: number]
}

/** Makes an X.509 certificate (RFC 5280) by hand, since Node only reads them. */
export function createCertificate(request: Request): Certified & { name: string } {
  const { name, by, isAuthority = false, host, days = [-1, 30] } = request
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const signer: KeyObject = by ? createPrivateKey(by.key) : privateKey
  const algorithm = sequence(objectId('2a8648ce3d040302'))
  const extensions = [
    ...(isAuthority ? [extension('551d13', sequence(der(0x01, Buffer.from([0xff]))))] : []),
    ...(host === undefined ? [] : [extension('551d11', sequence(der(0x82, Buffer.from(host))))]),
  ]
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, ...Buffer.from(name).subarray(0, 15)])),
    algorithm,
    nameOf(by?.name ?? name),
    sequence(time(days[0]), time(days[1])),
    nameOf(name),
    publicKey.export({ format: 'der', type: 'spki' }),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  )
  const signature = sign('sha256', body, signer)
  const bytes = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return {
    name,
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}

/** A root, an intermediate that it signed, and a certificate for localhost that the intermediate signed. */
export function createChain() {
  const root = createCertificate({ name: 'Invented Root', isAuthority: true })
  const intermediate = createCertificate({ name: 'Invented Intermediate', by: root, isAuthority: true })
  const leaf = createCertificate({ name: 'localhost', by: intermediate, host: 'localhost' })
  return { root, intermediate, leaf }
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(commonName)))))
}

function extension(id: string, content: Buffer): Buffer {
  return sequence(objectId(id), der(0x04, content))
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

function time(days: number): Buffer {
  const digits = new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString().replace(/\D/g, '')
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`))
}
