import { readFile } from 'node:fs/promises'
import { generateKey } from '../keys/generate-key.js'
import { parseKeySet, type KeySet } from '../keys/key-set.js'
import type { PrivateJwk } from '../keys/private-jwk.js'
import { help, parseKeygenFlags, type KeygenFlags } from './keygen-flags.js'
import { describeKey, ecWarning, type MadeKey } from './keygen-report.js'
import { quoteGiven, runWithFlags, type Command, type Terminal } from './terminal.js'
import { writeNewFiles, type NewFile } from './write-new-files.js'

/** `express-cis2 keygen` */
export const keygen: Command = {
  summary: 'a key to sign client assertions with, as a JWK set',
  run: (args, terminal) =>
    runWithFlags(
      () => parseKeygenFlags(args),
      help,
      terminal,
      async (flags) => {
        try {
          await runKeygen(flags, terminal)
          return 0
        } catch (error) {
          terminal.warn(error instanceof Error ? error.message : String(error))
          return 1
        }
      },
    ),
}

async function runKeygen(flags: KeygenFlags, terminal: Terminal): Promise<void> {
  const { kind, algorithm, addTo, out, publicOut, pem, json } = flags
  const earlier = addTo === undefined ? [] : await readPrivateKeys(addTo)
  const { privateKey, jwk } = await generateKey(kind, algorithm)
  const life = addTo === undefined ? {} : { status: 'next', publishedAt: new Date(Date.now()).toISOString() }
  const jwks = { keys: [...earlier, { ...jwk, ...life }] }
  const keySet = parseSet(jwks, addTo ?? 'the new set')
  const made: MadeKey = { kind, kid: jwk.kid, algorithm, flags, keySet }
  await writeNewFiles([
    ...fileAt(out, `${JSON.stringify(jwks)}\n`, true),
    ...fileAt(publicOut, `${keySet.body}\n`, false),
    ...fileAt(pem, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), true),
  ])
  if (kind === 'ec-p256') terminal.warn(ecWarning)
  if (json) {
    const files = Object.fromEntries(
      Object.entries({ private: out, public: publicOut, pem }).filter(([, path]) => path !== undefined),
    )
    const secret = out === undefined ? { jwks } : {}
    terminal.print(
      JSON.stringify({
        kid: jwk.kid,
        algorithm,
        type: kind,
        files,
        publicJwks: keySet.publicJwks,
        ...secret,
      }),
    )
  } else if (out === undefined) {
    terminal.print(JSON.stringify(jwks))
    terminal.warn(describeKey(made))
  } else terminal.print(describeKey(made))
}

function fileAt(path: string | undefined, text: string, isSecret: boolean): NewFile[] {
  return path === undefined ? [] : [{ path, text, isSecret }]
}

async function readPrivateKeys(path: string): Promise<readonly PrivateJwk[]> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`The set cannot be read: ${quoteGiven(path)}.`)
  })
  let jwks: unknown
  try {
    jwks = JSON.parse(text)
  } catch {
    throw new Error(`${path} is not JSON: a private JWK set is expected.`)
  }
  parseSet(jwks, path)
  // parseSet has found it to be a set of keys.
  return (jwks as { keys: PrivateJwk[] }).keys
}

function parseSet(jwks: unknown, name: string): KeySet {
  const problems: string[] = []
  const set = parseKeySet({ jwks }, 'RS512', (option, message) => problems.push(`  ${option} ${message}`))
  if (set === undefined) throw new Error(`${name} cannot be used:\n${problems.join('\n')}`)
  return set
}
