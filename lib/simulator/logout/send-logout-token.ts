import type { SimulatorState } from '../simulator-state.js'
import { createLogoutToken, type LogoutTokenOptions } from './logout-token.js'

/**
 * What a relying party answered to a logout token.
 */
export interface LogoutDelivery {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What was sent, to send it again. */
  readonly token: string
}

const timeLimit = 10_000

/** Delivers a logout token as CIS2 does: one form field, no retry. */
export async function sendLogoutToken(
  options: LogoutTokenOptions,
  state: SimulatorState,
): Promise<LogoutDelivery> {
  const { token, uri } = await createLogoutToken(options, state)
  if (!URL.canParse(uri))
    throw new TypeError('nobody has logged in, so the simulator does not know where the logout token goes')
  const response = await fetch(uri, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token }),
    redirect: 'manual',
    signal: AbortSignal.any([state.closed, AbortSignal.timeout(timeLimit)]),
  })
  const headers = Object.fromEntries(response.headers)
  return { status: response.status, headers, body: await response.text(), token }
}
