import type { ConfigurationProblem } from '../errors.js'

/** What to diagnose besides the options. */
export interface DiagnoseInput {
  /** Where the key set is published. @default `baseUrl` + the jwks route */
  jwksUri?: string
  /** Whether to send a token request with a made-up code. @default true, but false towards the live service */
  liveProbe?: boolean
  /** An assertion of another program to examine instead of our own, or the token request that carries it. */
  assertion?: string
}

/** What only this library's own callers say. */
export interface ExamineInput extends DiagnoseInput {
  /** What CIS2 said to a token request. */
  said?: string
  /** A variable that names a proxy, which neither Node nor this library reads. */
  proxyVariable?: string
  /** What was wrong before there were options: variables that are misspelt or cannot be read. */
  problems?: readonly ConfigurationProblem[]
  /** Ends every call. */
  signal?: AbortSignal
  /**
   * Whose certificates count, as PEM.
   *
   * @default the provider: whom this process trusts; the key set: public roots only
   */
  roots?: { readonly provider?: readonly string[]; readonly keySet?: readonly string[] }
  /** How long CIS2 waits for a key set, in milliseconds. @default 3000 */
  keySetLimitMs?: number
}
