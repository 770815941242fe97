import type { Config } from '../config/config.js'
import type { ProviderError } from '../errors.js'
import type { ProviderMetadata } from '../provider/discovery.js'
import type { Reply } from './fetch-reply.js'
import type { Assertion, TokenRequestShape } from './parse-assertion.js'
import type { Settings } from './parse-settings.js'

/** A key of the published set, as it was received. */
export type PublishedKey = Readonly<Record<string, unknown>>

/** Everything that the checks look at. Gathered once, so that no check depends on when it runs. */
export interface Evidence {
  readonly settings: Settings
  readonly config: Config
  /** What the token endpoint gets: this library's own assertion, or one that somebody gave us to explain. */
  readonly assertion: Assertion | { readonly problem: string } | undefined
  readonly isOurs: boolean
  /** Only where the whole request was given. */
  readonly request: TokenRequestShape | undefined
  /** Nothing where the settings do not say who the provider is. */
  readonly discovery: Reply | undefined
  /** The discovery document as parsed JSON, before it was judged. */
  readonly document: unknown
  /** Nothing where there is no good document. */
  readonly metadata: ProviderMetadata | undefined
  /** What is wrong with the document, where there is one. */
  readonly discoveryProblem: ProviderError | undefined
  /** Nothing where the settings do not say where the key set is. */
  readonly jwksUri: string | undefined
  readonly keySet: Reply | undefined
  /** The published set as parsed JSON; nothing where it is none. */
  readonly publishedSet: unknown
  readonly publishedKeys: readonly PublishedKey[]
  /** What CIS2 said to a token request, where somebody has it. */
  readonly said: string | undefined
  readonly probe: Probe
  /** A variable that names a proxy, which neither Node nor this library reads. */
  readonly proxyVariable: string | undefined
}

/** A token request with a made-up code, or why none is sent. */
export type Probe = { send(): Promise<ProbeAnswer> } | { readonly withheld: string }

/** What the token endpoint said to it. */
export type ProbeAnswer =
  | { readonly outcome: 'authenticated' }
  | { readonly outcome: 'refused'; readonly said: string }
  | { readonly outcome: 'unknown'; readonly found: string }

/** The assertion where it could be read. */
export function readableAssertion({ assertion }: Evidence): Assertion | undefined {
  return assertion === undefined || 'problem' in assertion ? undefined : assertion
}

/** Whether any of these options is missing or cannot be used. */
export function lacks({ settings }: Pick<Evidence, 'settings'>, ...options: readonly string[]): boolean {
  return options.some((option) => settings.unusable.has(option))
}
