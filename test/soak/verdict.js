const megabyte = 1024 * 1024

// What a straight line through the second half may rise by, from its first sample to its last.
const limits = {
  heap: { least: megabyte, share: 0.05, describe: inMegabytes, unit: 'MB' },
  rss: { least: 8 * megabyte, share: 0.05, describe: inMegabytes, unit: 'MB' },
  handles: { least: 5, share: 0.25, describe: Math.round, unit: '' },
}

/** How much a straight line through the values rises from the first to the last: least squares. */
export function riseOf(values) {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let top = 0
  let bottom = 0
  for (const [index, value] of values.entries()) {
    top += (index - middle) * (value - mean)
    bottom += (index - middle) ** 2
  }
  return bottom === 0 ? 0 : (top / bottom) * (values.length - 1)
}

/** Every reason why the soak has failed. */
export function findProblems({ samples, before, after, traffic, outcomes, isLong }) {
  const problems = [...outcomes.wrong, ...after.complaints]
  // A short run is a look at the rest: caches are still filling.
  if (isLong) problems.push(...findRises(samples))
  for (const name of ['handles', 'sockets', 'timers'])
    if (after[name] > before[name])
      problems.push(`${after[name] - before[name]} ${name} were left at the end`)
  for (const name of ['rejections', 'exceptions', 'warnings'])
    if (after[name] > 0) problems.push(`${after[name]} ${name}`)
  if (traffic.unanswered > 0)
    problems.push(`${traffic.unanswered} requests without an answer: ${traffic.complaints.join('; ')}`)
  if (outcomes.logins === 0 || outcomes.checksOfTheDead === 0) problems.push('nothing was tried')
  return problems
}

function findRises(samples) {
  const half = samples.slice(Math.floor(samples.length / 2))
  return Object.entries(limits).flatMap(([name, { least, share, describe, unit }]) => {
    const rise = riseOf(half.map((sample) => sample[name]))
    return rise <= Math.max(least, half[0][name] * share)
      ? []
      : [`${name} rose by ${describe(rise)} ${unit} in the second half`.replace('  ', ' ')]
  })
}

export function inMegabytes(bytes) {
  return (bytes / megabyte).toFixed(1)
}
