import type { Kind } from './read-modules.js'

// Lowest first. A room is a folder of lib, or a file beside index.ts. Imports go from a higher level to a lower one,
// or stay inside the room; only the foundation's files may use each other.
export const levels: readonly (readonly string[])[] = [
  [
    'errors',
    'error-codes',
    'events',
    'call-listeners',
    'refusal-sampling',
    'clock',
    'random',
    'deadline',
    'untrusted-text',
    'navigation',
    'page-layout',
    'redirect',
    'dictionary-mode',
    'send-page',
    'request-cookies',
    'present',
    'body-too-large',
    'posted-form',
    'thrown-error',
    'failure-findings',
    'setting-warnings',
  ],
  ['user', 'keys'],
  ['render-error-page'],
  ['error-page'],
  ['config'],
  ['provider', 'session', 'attempt'],
  ['wiring'],
  ['public-urls'],
  ['logged-in-ways'],
  ['create-route'],
  ['log-out', 'select-role', 'end-expired-login'],
  ['login', 'callback', 'logout', 'back-channel-logout', 'role', 'request-context'],
  ['guards', 'api-platform', 'diagnose', 'passport-style', 'create-authenticate', 'mounting'],
  ['cis2'],
  ['index'],
]
const foundation = levels[0] ?? []
// The way out to CIS2, which other stages and the guards send people on too.
const wayOut = ['login/return-to', 'login/start-login']
const stageLevel = levels.findIndex((level) => level.includes('login'))

// Narrower than the level alone. An entry is a room or one file of a room.
const onlyFrom: Readonly<Record<string, readonly string[]>> = {
  config: ['keys', 'error-page', 'user/role', 'user/user', 'user/selected-role', ...foundation],
  provider: ['config', 'keys', ...foundation],
  session: ['config', 'user', ...foundation],
  attempt: ['config', ...foundation],
  guards: [
    'request-context',
    'user',
    'session',
    'config',
    'wiring',
    'public-urls',
    'logged-in-ways',
    'create-route',
    'error-page',
    ...wayOut,
    ...foundation,
  ],
  'api-platform': [
    'request-context',
    'user',
    'session',
    'provider',
    'config',
    'keys',
    'wiring',
    'public-urls',
    'create-route',
    ...foundation,
  ],
}

// Rooms beside the main entry: own sub-paths, the command line, the doctor.
export const sideRooms: Readonly<Record<string, readonly string[]>> = {
  doctor: ['config', 'keys', 'provider', ...foundation],
  // Shares no verifying code, so that a bug cannot cancel itself out: wire names and key formats only.
  simulator: ['keys', 'user/claims'],
  testing: ['simulator', ...foundation],
  passport: [
    'cis2',
    'request-context',
    'config',
    'user',
    'session',
    'login',
    'callback',
    'attempt',
    'wiring',
    'public-urls',
    'create-route',
    'error-page',
    ...foundation,
  ],
  cli: ['doctor', 'simulator', 'keys', 'config', 'provider/client-assertion', ...foundation],
}

// The doctor loads when it is called, not when the library is imported.
const lazyDoor = { from: 'diagnose.ts', to: 'doctor' }

export const packages: readonly { name: string; allowed: RegExp; because: string }[] = [
  {
    name: 'express',
    allowed:
      /(-route|^request-context|^create-authenticate|^end-expired-login|^passport-style|^error-page|^send-page|^mounting|^posted-form|^cis2|^callback\/read-callback)\.ts$|^(guards|simulator|testing|passport)\//,
    because: 'express is the edge: everything else works without it',
  },
  {
    name: 'openid-client',
    allowed: /^(provider|login|callback|logout)\//,
    because: 'openid-client does the protocol in provider, login, callback and logout',
  },
  {
    name: 'jose',
    allowed: /^(keys|provider|login|attempt|callback|back-channel-logout|simulator|cli)\//,
    because: 'jose handles keys and tokens where they are made or checked',
  },
  {
    name: 'express-session',
    allowed: /^(session|config|testing|passport)\/|^(request-context|cis2|create-route)\.ts$/,
    because: 'the session room is the only one that knows the session',
  },
  { name: 'supertest', allowed: /^testing\//, because: 'only the test kit needs it' },
  { name: 'passport', allowed: /^passport\//, because: 'only the Passport strategy needs it' },
]

// A type says how to read a request without making anything depend on Express at run time.
export const expressTypeOnly = ['config/options.ts', 'api-platform/exchange-id-token.ts']

// The process is the command line's business. Beside it: the function that is given the environment, and the
// simulator's own check that it does not run in production.
export const readsEnvironment = /^cli\/|^config\/options-from-env\.ts$|^simulator\/refuse-production\.ts$/

export const longFiles: Readonly<Record<string, string>> = {
  'error-codes.ts': 'one table: a row for each code',
  'api-platform/error-texts.ts': 'one table: a row for each text',
}
export const longestFile = 200

export function roomOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? file) : file.replace(/\.ts$/, '')
}

function isRoute(file: string): boolean {
  return file.endsWith('-route.ts') && file.includes('/')
}

/** The HTTP edge of a room stands with the stages, wherever its folder is. */
function levelOf(file: string): number {
  if (isRoute(file)) return stageLevel
  return levels.findIndex((level) => level.includes(roomOf(file)))
}

function isAmong(file: string, entries: readonly string[]): boolean {
  return entries.includes(roomOf(file)) || entries.includes(file.replace(/\.ts$/, ''))
}

/** Why a file may not import another, if it may not. */
export function refusal(from: string, to: string, kind: Kind): string | undefined {
  const room = roomOf(from)
  const side = sideRooms[room]
  if (isRoute(to) && from !== 'cis2.ts' && side === undefined) return 'only cis2.ts wires routes'
  if (room === roomOf(to)) return undefined
  if (side !== undefined) return isAmong(to, side) ? undefined : `${room} may import only ${side.join(', ')}`
  if (roomOf(to) in sideRooms) {
    const isLazy = from === lazyDoor.from && roomOf(to) === lazyDoor.to && kind !== 'value'
    return isLazy ? undefined : `${roomOf(to)} stands beside the library`
  }
  const only = isRoute(from) ? undefined : onlyFrom[room]
  if (only !== undefined) return isAmong(to, only) ? undefined : `${room} may import only ${only.join(', ')}`
  if (levelOf(from) === stageLevel && isRoute(from) && isAmong(to, wayOut)) return undefined
  if (foundation.includes(room) && foundation.includes(roomOf(to))) return undefined
  return levelOf(to) < levelOf(from)
    ? undefined
    : `level ${levelOf(from)} may not import level ${levelOf(to)}`
}
