import { fail, pass, skipped, warning, type Check } from '../check.js'

const warnAboveSeconds = 5
// CIS2's product family forgives this much; a fast clock is noticed only beyond it.
const forgivenSeconds = 300

export const clockInStep: Check = {
  id: 'clock-in-step',
  title: "This machine's clock is in step with CIS2's",
  meaning:
    'Assertions and tokens carry times. The HTTP `Date` of CIS2’s answer is compared with this machine’s clock; a slow clock makes assertions old and ID tokens come from the future.',
  remedy:
    'Let the machine keep its time by NTP (chrony, systemd-timesyncd). Containers have the clock of their host.',
  needs: ['provider-certificate-trusted'],
  run({ discovery, config }) {
    const date = discovery?.reached ? Date.parse(discovery.headers.get('date') ?? '') : Number.NaN
    if (discovery?.reached !== true || Number.isNaN(date)) return skipped('CIS2’s answer has no Date header')
    // Date has whole seconds: the moment it was written lies half a second behind it, on average. A cache in between
    // sends the Date of the answer that it keeps, and its age.
    const age = Number(discovery.headers.get('age')) || 0
    const drift = (discovery.at - date - 500) / 1000 - age
    const size = Math.round(Math.abs(drift))
    const trouble = {
      found: `this machine's clock is ${size} seconds ${drift > 0 ? 'ahead of' : 'behind'} CIS2's`,
      expected: `a difference of at most ${warnAboveSeconds} seconds`,
      fix: 'Synchronise the clock (NTP); in a container, that of its host.',
    }
    const limit = drift > 0 ? forgivenSeconds : Math.max(config.clockToleranceSeconds, warnAboveSeconds)
    if (size > limit) return fail(trouble)
    return size > warnAboveSeconds ? warning(trouble) : pass()
  },
}
