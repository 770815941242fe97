import { fail, pass, type Check } from '../check.js'
import { readableAssertion } from '../evidence.js'

// Later than the year 5138, if it were seconds.
const surelyMilliseconds = 100_000_000_000

export const timesInSeconds: Check = {
  id: 'times-in-seconds',
  title: 'exp, iat and nbf are whole seconds',
  meaning:
    'Times in a JWT are whole numbers of seconds since 1970. Milliseconds (`Date.now()`) read as the far future; text and fractions are refused.',
  remedy: 'Use `Math.floor(Date.now() / 1000)`, as a number.',
  needs: ['assertion-readable'],
  run(evidence) {
    const { exp, iat, nbf } = readableAssertion(evidence)?.claims ?? {}
    const problems = Object.entries({ exp, iat, nbf }).flatMap(
      ([name, time]) => describeTime(name, time) ?? [],
    )
    if (problems.length === 0) return pass()
    return fail({
      found: problems.join('; '),
      expected: 'whole numbers of seconds since 1970',
      fix: 'Use Math.floor(Date.now() / 1000), and no quotes around it.',
    })
  },
}

function describeTime(name: string, time: unknown): string | undefined {
  if (time === undefined) return undefined
  if (typeof time === 'string') return `${name} is text`
  if (typeof time !== 'number') return `${name} is no number`
  if (time > surelyMilliseconds) return `${name} is in milliseconds`
  return Number.isInteger(time) ? undefined : `${name} has a fraction`
}
