import { withinSignal } from '../deadline.js'
import { Cis2Error, ProviderError } from '../errors.js'

/**
 * The second of two identical requests gets what the first one gets: its login, or its failure.
 *
 * @throws {ProviderError} `ERR_CIS2_TOKEN_TIMEOUT` when the first one takes longer than this one may wait
 */
export async function followLogin<Login>(running: Promise<Login>, signal: AbortSignal): Promise<Login> {
  return await withinSignal(running, signal).catch((error: unknown) => {
    // What the first one threw is as true of this one; only our own waiting has a name here.
    throw signal.aborted && !(error instanceof Cis2Error)
      ? new ProviderError('ERR_CIS2_TOKEN_TIMEOUT')
      : error
  })
}
