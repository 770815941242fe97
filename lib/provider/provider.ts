import { customFetch, type ClientAuth, type Configuration } from 'openid-client'
import type { Config } from '../config/config.js'
import { longestTimerMs } from '../deadline.js'
import { ProviderError } from '../errors.js'
import type { Cis2EventEmitter } from '../events.js'
import { present } from '../present.js'
import { randomReference } from '../random.js'
import { raiseWarnings } from '../setting-warnings.js'
import { fetchMetadata, type ProviderMetadata } from './discovery.js'
import { limitedFetch } from './limited-fetch.js'
import { createOpenidConfiguration } from './openid-configuration.js'
import { ProviderKeys } from './provider-keys.js'
import { ReadResponse } from './read-response.js'
import { SharedCopy } from './shared-copy.js'
import type { InboundAnswer, OutboundRequest } from './outbound-request.js'
import { openConnection, type Connection } from './transport.js'

/** How CIS2 looks from here, without asking it. */
export interface ProviderHealth {
  /** `unknown` before the first discovery; `stale` while an old copy stands in; `down` when there is none. */
  readonly status: 'unknown' | 'up' | 'stale' | 'down'
  /** When discovery last succeeded, ISO 8601. */
  readonly lastSuccess?: string
  /** The code of the failure that is still going on. */
  readonly failure?: string
}

/** CIS2 as this process knows it: its metadata and keys, fetched when first needed, shared and kept. */
export class Provider {
  readonly #config: Config
  readonly #events: Cis2EventEmitter
  readonly #connection: Connection
  readonly #metadata: SharedCopy<ProviderMetadata>
  readonly #warnings = new Set<string>()
  #keys: ProviderKeys | undefined

  constructor(config: Config, events: Cis2EventEmitter) {
    this.#config = config
    this.#events = events
    this.#connection = openConnection(config.fetch)
    this.#metadata = new SharedCopy({
      load: (signal) => this.#discover(signal),
      freshSeconds: 3600,
      staleSeconds: Infinity,
      deadlineMs: this.#deadlineMs,
      onFailure: (error) => this.#reportFailure(error, 'discovery'),
      lateError: () =>
        new ProviderError('ERR_CIS2_DISCOVERY_UNAVAILABLE', `${config.discoveryUrl} did not answer in time`),
    })
  }

  get #deadlineMs(): number {
    return Math.min(Math.ceil(this.#config.requestMs), longestTimerMs)
  }

  /** The one budget for everything that a login does from now on. */
  startBudget(): AbortSignal {
    return AbortSignal.timeout(this.#deadlineMs)
  }

  /**
   * @param signal ends the wait. @default a budget of its own, which costs nothing while the copy is fresh
   * @throws {ProviderError}
   */
  async metadata(signal?: AbortSignal): Promise<ProviderMetadata> {
    return this.#metadata.fresh ?? (await this.#metadata.get(signal ?? this.startBudget()))
  }

  /** CIS2's signing keys, at the address that the metadata names now. */
  keys(metadata: ProviderMetadata): ProviderKeys {
    if (this.#keys?.jwksUri !== metadata.jwks_uri) {
      this.#keys = new ProviderKeys({
        transport: this.#connection.transport,
        jwksUri: metadata.jwks_uri,
        algorithm: this.#config.idTokenSigningAlgorithm,
        deadlineMs: this.#deadlineMs,
        onFailure: (error) => this.#reportFailure(error, 'jwks'),
      })
    }
    return this.#keys
  }

  /** @throws {FetchFailure} */
  fetch(url: string, request: OutboundRequest): Promise<InboundAnswer> {
    return limitedFetch(this.#connection.transport, url, request)
  }

  /**
   * openid-client's view of CIS2 for one login: its calls go through our bounds and end with our budget.
   *
   * @param onAnswer sees each answer before openid-client does, and may replace its body
   */
  openidConfiguration(
    metadata: ProviderMetadata,
    clientAuth: ClientAuth,
    call: { signal: AbortSignal; maxBytes: number; onAnswer?: (answer: InboundAnswer) => string },
  ): Configuration {
    const configuration = createOpenidConfiguration(metadata, this.#config.clientId, clientAuth)
    configuration[customFetch] = async (url, { method, headers, body }) => {
      const answer = await this.fetch(url, {
        method: method === 'POST' ? 'POST' : 'GET',
        headers,
        signal: call.signal,
        maxBytes: call.maxBytes,
        // The token request, the only one that comes this way, is a form.
        ...(body instanceof URLSearchParams ? { body: body.toString() } : {}),
      })
      const text = call.onAnswer ? call.onAnswer(answer) : answer.body.toString()
      // No other header: for a challenge beside an error, openid-client would throw the challenge and hide the error.
      return new ReadResponse(text, {
        status: answer.status,
        contentType: answer.headers.get('content-type'),
      })
    }
    return configuration
  }

  /** Lets go of idle connections. */
  close(): void {
    this.#connection.close()
  }

  health(): ProviderHealth {
    const { status, fetchedAt, lastFailure } = this.#metadata
    const lastSuccess = fetchedAt === undefined ? undefined : new Date(fetchedAt).toISOString()
    return { status, ...present({ lastSuccess, failure: lastFailure?.code }) }
  }

  async #discover(signal: AbortSignal): Promise<ProviderMetadata> {
    const metadata = await fetchMetadata(this.#connection.transport, this.#config, signal)
    // Once is enough: the document is fetched every hour.
    const news = metadata.warnings.filter((message) => !this.#warnings.has(message))
    for (const message of news) this.#warnings.add(message)
    raiseWarnings(
      this.#events,
      'discovery',
      news.map((message) => ({ option: 'issuer', message })),
    )
    return metadata
  }

  #reportFailure(error: ProviderError, route: string): void {
    this.#events.emit('provider.unavailable', {
      reference: randomReference(),
      route,
      outcome: 'failure',
      reason: error.code,
      message: error.detail,
    })
  }
}
