import { ProviderError, type Cis2ErrorCode } from '../errors.js'
import {
  FetchFailure,
  isJson,
  limitedFetch,
  toProviderError,
  type FetchFailureKind,
} from './limited-fetch.js'
import type { Transport } from './transport.js'

const largestDocument = 256 * 1024

/** Which errors the document's failures become. */
export interface DocumentCodes {
  /** Not to be had just now. */
  readonly unavailable: Cis2ErrorCode
  /** Something else is there. */
  readonly invalid: Cis2ErrorCode
}

/**
 * Fetches a public JSON document of CIS2's (discovery, key set).
 *
 * @throws {ProviderError} with one of the two codes
 */
export async function fetchDocument(
  transport: Transport,
  url: string,
  codes: DocumentCodes,
  signal: AbortSignal,
): Promise<unknown> {
  const headers = { accept: 'application/json' }
  const answer = await limitedFetch(transport, url, {
    method: 'GET',
    headers,
    signal,
    maxBytes: largestDocument,
  }).catch((error: unknown) => {
    throw error instanceof FetchFailure ? toProviderError(error, codesByKind(codes), url) : error
  })
  if (answer.status !== 200)
    throw new ProviderError(codes.invalid, `${url} answered with status ${answer.status}`)
  if (!isJson(answer.headers)) {
    throw new ProviderError(
      codes.invalid,
      `${url} did not answer with JSON; a login page or proxy may stand in front of it`,
    )
  }
  try {
    return JSON.parse(answer.body.toString('utf8'))
  } catch {
    throw new ProviderError(codes.invalid, `${url} answered with text that is not valid JSON`)
  }
}

function codesByKind({
  unavailable,
  invalid,
}: DocumentCodes): Readonly<Record<FetchFailureKind, Cis2ErrorCode>> {
  return {
    timeout: unavailable,
    network: unavailable,
    'server-error': unavailable,
    'rate-limited': unavailable,
    // Something is there, and it is not the document.
    redirect: invalid,
    'too-large': invalid,
  }
}
