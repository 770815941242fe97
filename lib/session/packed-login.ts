import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Claims } from '../user/claims.js'
import { loginDictionary } from './login-dictionary.js'
import type { Cis2Tokens } from './session-data.js'

/** What a login brought: its tokens, and UserInfo where that was asked for. */
export interface LoginResult {
  readonly tokens: Cis2Tokens
  readonly userInfo?: Claims
}

const mostBytes = 8 * 1024 * 1024
// As much as most logins need. Node's 16 KB are allocated for each, and cost more than the deflating.
const outputBytes = 4096

/**
 * One compact text for the session: role lists repeat themselves and deflate to a tenth, and base64 has nothing that
 * JSON must escape. The ID token goes in with its claims in the clear, because they repeat what UserInfo says.
 */
export function packLogin({ tokens: { idToken, ...tokens }, userInfo }: LoginResult): string {
  const [header, claims = '', signature] = idToken.split('.')
  const json = JSON.stringify([tokens, header, textOf(claims), signature, userInfo])
  return deflateRawSync(json, { level: 3, chunkSize: outputBytes, dictionary: loginDictionary }).toString(
    'base64',
  )
}

/** A login as it was packed, and how long it is as JSON. */
export interface UnpackedLogin extends LoginResult {
  readonly idTokenClaims: Claims
  readonly characters: number
}

/** @returns nothing when the text is not what `packLogin` makes */
export function unpackLogin(packed: string): UnpackedLogin | undefined {
  try {
    const json = inflateRawSync(Buffer.from(packed, 'base64'), {
      maxOutputLength: mostBytes,
      dictionary: loginDictionary,
    }).toString()
    const [tokens, header, claims, signature, userInfo] = JSON.parse(json) as [
      Omit<Cis2Tokens, 'idToken'>,
      string,
      string,
      string,
      Claims | null | undefined,
    ]
    const idToken = `${header}.${Buffer.from(claims).toString('base64url')}.${signature}`
    return {
      tokens: { idToken, ...tokens },
      idTokenClaims: JSON.parse(claims) as Claims,
      characters: json.length,
      ...(userInfo ? { userInfo } : {}),
    }
  } catch {
    return undefined
  }
}

// The token was checked to be canonical base64url of UTF-8, so that this and the way back lose nothing.
function textOf(part: string): string {
  return Buffer.from(part, 'base64url').toString()
}
