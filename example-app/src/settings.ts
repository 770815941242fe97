import { optionsFromEnv, type Cis2Options } from 'express-cis2'

export interface Settings {
  port: number
  /** The public address of this application: what a person sees in the address bar. */
  address: string
  /** How many proxies stand in front of this application. */
  proxies: number
  /** What the CIS2_… variables say. Empty when none is set. */
  cis2: Cis2Options
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
  }
}

function parseNumber(name: string, text: string, from: number, to: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= from && number <= to) return number
  throw new Error(`${name} must be a whole number between ${from} and ${to}`)
}
