import { inMegabytes, riseOf } from './verdict.js'

/** The figures of a soak as the rows of a table. */
export function describeFigures({ samples, before, after, traffic, outcomes, provider, store, seconds }) {
  const half = samples.slice(Math.floor(samples.length / 2))
  const range = (name, list) => {
    const values = list.map((sample) => sample[name])
    return `${Math.min(...values)} to ${Math.max(...values)}`
  }
  const memory = (name) =>
    `${inMegabytes(half[0][name])} MB, then ${inMegabytes(half.at(-1)[name])} MB: a line through it rises by ${inMegabytes(riseOf(half.map((sample) => sample[name])))} MB`
  const faults = after.storeFaults
  const bad = faults.failed + faults.slow + faults.twice
  return [
    ['Store', store],
    ['Length', `${Math.round(seconds)} s, ${samples.length} samples`],
    ['Requests', `${traffic.requests}, of which ${traffic.unanswered} without an answer`],
    ['Answers by status', list(traffic.statuses)],
    ['Faults of CIS2', `${provider.injected} set`],
    ['Faults of the store', `${bad} of ${faults.operations} calls`],
    ['Logins', `${outcomes.logins} of ${outcomes.loginsStarted} started; ${outcomes.loginsRefused} refused`],
    ['Logouts by the person', outcomes.logouts],
    ['Logouts by CIS2, one session', outcomes.backChannelLogouts],
    ['Smartcards pulled, three sessions each', outcomes.smartcardPulls],
    ['Another person over a session', outcomes.switches],
    ['Logouts given up', outcomes.logoutsNotDone],
    ['Looks at ended sessions', `${outcomes.checksOfTheDead}, of which ${outcomes.wrong.length} wrong`],
    ['Heap after collection, second half', memory('heap')],
    ['RSS, second half', memory('rss')],
    ['Handles', `${range('handles', half)} under load; ${before.handles} before, ${after.handles} after`],
    ['Sockets', `${range('sockets', half)} under load; ${before.sockets} before, ${after.sockets} after`],
    ['Unhandled rejections', after.rejections],
    ['Uncaught exceptions', after.exceptions],
    ['Warnings of Node', after.warnings],
    ['CPU of the application', `${(after.cpu / 1e6).toFixed(0)} s`],
    ['Events', list(after.events)],
  ]
}

function list(counts) {
  return Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .join(', ')
}
