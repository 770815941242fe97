import { KeyObject } from 'node:crypto'
import type { OptionReader } from '../config/option-reader.js'
import { KeyProblem, toKeyProblem } from '../keys/key-problem.js'
import { readPrivateKeyText } from '../keys/private-key-text.js'
import { parseSigningKey, type SigningKey, type SigningKeyInput } from '../keys/signing-key.js'

/** The key that signs towards the API platform, which takes RS512 only. What is wrong with it is reported. */
export function parsePlatformKey(
  reader: OptionReader,
): Pick<SigningKey, 'kid' | 'algorithm' | 'sign'> | undefined {
  const input = reader.raw('signingKey')
  const kid = reader.text('kid')
  if (input === undefined) {
    reader.report('signingKey', 'is missing: the private key that is registered with the API platform')
    return undefined
  }
  try {
    // parseSigningKey checks every form itself and names what it finds.
    const key = parseSigningKey(takeFromSet(input as SigningKeyInput), 'RS512')
    if (key.algorithm !== 'RS512') {
      reader.report('signingKey', `is for ${key.algorithm}, and the API platform takes RS512 only`)
      return undefined
    }
    return kid === undefined ? key : { ...key, kid }
  } catch (error) {
    reader.report('signingKey', toKeyProblem(error).message)
    return undefined
  }
}

/** `keygen` writes a set. With one key in it there is nothing to choose; among several nobody but the team can. */
function takeFromSet(input: SigningKeyInput): SigningKeyInput {
  const material = typeof input === 'string' ? readPrivateKeyText(input) : input
  if (material instanceof KeyObject || typeof material !== 'object' || material === null) return material
  const keys: unknown = Reflect.get(material, 'keys')
  if (!Array.isArray(keys)) return material
  if (keys.length === 1) return keys[0] as SigningKeyInput
  throw new KeyProblem(
    keys.length === 0
      ? 'is a JWK set without a key: the private key that is registered with the API platform is needed'
      : `is a JWK set of ${keys.length} keys: give the one that signs towards the API platform, such as keys[0] of it`,
  )
}
