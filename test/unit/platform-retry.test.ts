import { requestExchange, type PlatformCall } from '../../lib/api-platform/token-request.js'
import { FetchFailure } from '../../lib/provider/limited-fetch.js'
import { platformConfig } from '../support/platform-config.js'

// An exchange whose answer was lost is asked for once more, within the time that the application gives it.

/** A platform that loses every answer, and how often it is asked. */
function losing(onCall: (times: number) => void): {
  call: (signal: AbortSignal) => PlatformCall
  times: () => number
} {
  let times = 0
  const send: PlatformCall['send'] = () => {
    onCall(++times)
    return Promise.reject(new FetchFailure('network', 'could not be reached (ECONNRESET)'))
  }
  return { call: (signal) => ({ send, signal }), times: () => times }
}

it('is asked for twice, and no more', async () => {
  const platform = losing(() => undefined)
  const asking = requestExchange('id token', platformConfig, platform.call(new AbortController().signal))
  await expect(asking).rejects.toMatchObject({ code: 'ERR_CIS2_PLATFORM_UNAVAILABLE' })
  expect(platform.times()).toBe(2)
})

it('is asked for once where the time is over before the second', async () => {
  const budget = new AbortController()
  const platform = losing(() => budget.abort())
  const asking = requestExchange('id token', platformConfig, platform.call(budget.signal))
  await expect(asking).rejects.toMatchObject({ code: 'ERR_CIS2_PLATFORM_UNAVAILABLE' })
  expect(platform.times()).toBe(1)
})
