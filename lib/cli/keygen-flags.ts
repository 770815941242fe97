import { parseArgs } from 'node:util'
import { isKeyKind, keyKinds, type KeyKind } from '../keys/generate-key.js'
import type { SigningAlgorithm } from '../keys/signing-algorithm.js'
import { UsageError } from './terminal.js'

/** What `--help` prints. */
export const help = `Usage: express-cis2 keygen [options]

Makes a key to sign client assertions with, and prints it as a private JWK set:
the value of CIS2_JWKS. No file is ever overwritten.

Options:
  --type <kind>      rsa-2048, rsa-3072, rsa-4096 or ec-p256 (rsa-3072)
  --alg <name>       the algorithm to register (RS512; ES256 for ec-p256)
  --add-to <file>    puts the key into a copy of this private set, as the next
  --out <file>       writes the private set there, for you alone to read (0600)
  --public <file>    writes the public set there
  --pem <file>       writes the private key there as PEM (PKCS#8, 0600)
  --json             prints a report as JSON
  --help             prints this`

/** What to make, and where to put it. */
export interface KeygenFlags {
  kind: KeyKind
  algorithm: SigningAlgorithm
  addTo: string | undefined
  out: string | undefined
  publicOut: string | undefined
  pem: string | undefined
  json: boolean
  help: boolean
}

/** @throws {UsageError} */
export function parseKeygenFlags(args: readonly string[]): KeygenFlags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      type: { type: 'string', default: 'rsa-3072' },
      alg: { type: 'string' },
      'add-to': { type: 'string' },
      out: { type: 'string' },
      public: { type: 'string' },
      pem: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const { type: kind, alg, out, public: publicOut, pem, json, help: wantsHelp } = values
  if (!isKeyKind(kind))
    throw new UsageError(`--type is one of ${Object.keys(keyKinds).join(', ')}; found '${kind}'.`)
  const algorithms: readonly SigningAlgorithm[] = keyKinds[kind].algorithms
  const algorithm = alg === undefined ? algorithms[0] : algorithms.find((name) => name === alg)
  if (algorithm === undefined)
    throw new UsageError(`--alg for ${kind} is one of ${algorithms.join(', ')}; found '${alg ?? ''}'.`)
  const files = [out, publicOut, pem].filter((file) => file !== undefined)
  if (files.some((file) => file.trim() === '')) throw new UsageError('A file name is empty.')
  if (new Set(files).size < files.length) throw new UsageError('--out, --public and --pem need a file each.')
  return { kind, algorithm, addTo: values['add-to'], out, publicOut, pem, json, help: wantsHelp }
}
