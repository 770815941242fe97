import { optionsFromEnv, type Cis2Options } from 'express-cis2'
import { readPlatformSettings, type Platform } from './platform-settings.js'

export interface Settings {
  port: number
  /** The public address of this application: what a person sees in the address bar. */
  address: string
  /** How many proxies stand in front of this application. */
  proxies: number
  /** What the CIS2_… variables say. Empty when none is set. */
  cis2: Cis2Options
  /** What the PLATFORM_… variables say. Undefined when none is set. */
  platform: Platform | undefined
  /** Minutes without a request after which a login ends. */
  idleTimeoutMinutes: number
  sessions: SessionSettings
}

export interface SessionSettings {
  /** Signs the session cookies. Undefined: one that lasts as long as this process. */
  secret: string | undefined
  /** Where sessions are kept: in Redis, in PostgreSQL, or in the memory of this process when neither is set. */
  redisUrl: string | undefined
  databaseUrl: string | undefined
}

/** Reads the settings, or throws an error that says which one is wrong. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const port = parseNumber('PORT', env.PORT || '3000', 1, 65535)
  const cis2 = optionsFromEnv(env)
  return {
    port,
    address: cis2.baseUrl ?? `http://localhost:${port}`,
    proxies: parseNumber('TRUST_PROXY', env.TRUST_PROXY || '0', 0, 10),
    cis2,
    platform: readPlatformSettings(env),
    // Not below 3: the warning comes two minutes before the end.
    idleTimeoutMinutes: parseNumber('IDLE_TIMEOUT_MINUTES', env.IDLE_TIMEOUT_MINUTES || '15', 3, 720),
    sessions: parseSessionSettings(env),
  }
}

function parseSessionSettings(env: NodeJS.ProcessEnv): SessionSettings {
  const secret = env.SESSION_SECRET || undefined
  const redisUrl = env.REDIS_URL || undefined
  const databaseUrl = env.DATABASE_URL || undefined
  if (redisUrl !== undefined && databaseUrl !== undefined)
    throw new Error('Set REDIS_URL or DATABASE_URL, not both: sessions are kept in one place')
  if (secret === undefined && (redisUrl ?? databaseUrl) !== undefined)
    throw new Error('SESSION_SECRET is missing: processes that share sessions need the same one')
  if (secret !== undefined && secret.length < 32)
    throw new Error(
      'SESSION_SECRET must have at least 32 characters, for example from: openssl rand -base64 48',
    )
  return { secret, redisUrl, databaseUrl }
}

function parseNumber(name: string, text: string, from: number, to: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= from && number <= to) return number
  throw new Error(`${name} must be a whole number between ${from} and ${to}`)
}
