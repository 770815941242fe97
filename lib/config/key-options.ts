import { parseKeySet, usualMinimumPublishedHours, type KeySet } from '../keys/key-set.js'
import { fingerprintOf, isPromise, type JwksFunction, type JwksSource } from '../keys/key-source.js'
import type { SigningAlgorithm } from '../keys/signing-algorithm.js'
import type { SigningKeyInput } from '../keys/signing-key.js'
import type { OptionReader } from './option-reader.js'

interface KeyOptions {
  /** Undefined when something was reported. */
  readonly keys: KeySet | undefined
  readonly keySource: JwksSource | undefined
}

/** `jwks` or `signingKey`, and `keys`. */
export function parseKeyOptions(reader: OptionReader, algorithm: SigningAlgorithm): KeyOptions {
  const minimumPublishedHours = reader
    .nested('keys')
    .number('minimumPublishedHours', usualMinimumPublishedHours, { above: 0, unit: 'hours' })
  const nothing = { keys: undefined, keySource: undefined }
  const given = reader.raw('jwks')
  const signingKey = reader.raw('signingKey')
  if (given === undefined && signingKey === undefined) {
    reader.report('jwks', 'is missing: give a private JWK set, or one key as `signingKey`')
    return nothing
  }
  if (given !== undefined && signingKey !== undefined) {
    reader.report('signingKey', 'is given as well as `jwks`: give one of them')
    return nothing
  }
  const jwks = typeof given === 'function' ? askFirst(reader, given as JwksFunction) : given
  if (given !== undefined && jwks === undefined) return nothing
  // parseSigningKey checks every form itself and names what it finds.
  const input = jwks === undefined ? { signingKey: signingKey as SigningKeyInput } : { jwks }
  const keys = parseKeySet(
    input,
    algorithm,
    (option, message) => reader.problems.push({ option, message }),
    minimumPublishedHours,
  )
  // What the function returns is checked each time it is called.
  const keySource =
    typeof given === 'function'
      ? { load: given as JwksFunction, fingerprint: fingerprintOf(jwks) }
      : undefined
  return { keys, keySource }
}

function askFirst(reader: OptionReader, load: JwksFunction): unknown {
  let answer: unknown
  try {
    answer = load()
  } catch {
    // Its words may hold the keys: JSON.parse quotes what it could not read.
    reader.report('jwks', 'is a function that threw at start-up')
    return undefined
  }
  if (isPromise(answer)) {
    answer.then(undefined, () => undefined)
    reader.report(
      'jwks',
      'is a function whose first answer is a promise: `createCis2` cannot wait, so load the first set before it and return that',
    )
    return undefined
  }
  if (answer === undefined) reader.report('jwks', 'is a function that returned nothing')
  return answer
}
