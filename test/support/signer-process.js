// A vault: makes a key pair, tells its public half, and signs what it is sent. The private key never leaves it.
import { generateKeyPairSync, sign } from 'node:crypto'

const [curve, format] = process.argv.slice(2)
const { privateKey, publicKey } =
  curve === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: curve })
const key = curve === 'rsa' ? privateKey : { key: privateKey, dsaEncoding: format }
const hash = curve === 'rsa' ? 'sha512' : 'sha256'

process.on('message', ({ id, data }) => {
  if (format === 'silent') return
  process.send({ id, signature: sign(hash, Buffer.from(data, 'base64'), key).toString('base64') })
})
process.send({ publicJwk: publicKey.export({ format: 'jwk' }) })
