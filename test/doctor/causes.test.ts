import { jest } from '@jest/globals'
import { allChecks } from '../../lib/doctor/all-checks.js'
import { renderReport } from '../../lib/doctor/render-report.js'
import { causes, furtherCauses, type Cause } from './causes.js'
import { closeWard, createPatient, type Patient } from './patient.js'

let patient: Patient
beforeEach(async () => {
  patient = await createPatient()
})
afterEach(async () => {
  jest.useRealTimers()
  await patient.close()
})
afterAll(closeWard)

/** Moves this process's clock and not the one that writes HTTP dates; the simulator keeps step with the latter. */
function shiftClock(seconds: number): void {
  const doNotFake = [
    'nextTick',
    'setImmediate',
    'setTimeout',
    'setInterval',
    'clearTimeout',
    'clearInterval',
    'queueMicrotask',
    'performance',
    'hrtime',
    'clearImmediate',
  ] as const
  jest.useFakeTimers({ doNotFake: [...doNotFake], now: Date.now() + seconds * 1000 })
  patient.simulator.setFault('clock', -seconds)
}

const numbered: readonly (readonly [string, Cause])[] = [
  ...Object.entries(causes).flatMap(([number, each]) => each.map((cause) => [number, cause] as const)),
  ...[-600, 600].map((seconds): readonly [string, Cause] => [
    '18',
    {
      name: `the clock is ten minutes ${seconds < 0 ? 'slow' : 'fast'}`,
      id: 'clock-in-step',
      says: seconds < 0 ? /(599|600|601) seconds behind/ : /(599|600|601) seconds ahead/,
      plant: () => shiftClock(seconds),
    },
  ]),
]

/** Nothing of a key, of the secret, or of an assertion may be repeated. */
function expectNothingSecret(text: string): void {
  const { jwks, signingKey, secret } = patient.options
  const keys = [...(typeof jwks === 'object' ? jwks.keys : []), ...patient.simulator.client.jwks.keys]
  const secrets = [
    ...keys.flatMap((key) => ('d' in key ? [key.d, key.p, key.q] : [])),
    ...(typeof signingKey === 'string'
      ? signingKey.split('\n').filter((line) => line.length > 20 && !line.startsWith('-'))
      : []),
    ...(patient.input.assertion ?? '')
      .split(/[.&=\s]/)
      .filter((part) => part.length > 40 && !part.startsWith('urn')),
    secret,
  ].filter((each): each is string => typeof each === 'string')
  expect(secrets.filter((each) => text.includes(each))).toEqual([])
  expect(text).not.toMatch(/eyJ[\w-]{20}/)
}

/** Within 80 columns, but for a word that has no space in it. */
function expectReadable(report: string): void {
  const long = report
    .split('\n')
    .filter(
      (line) =>
        line.length > 80 &&
        /\S\s+\S/.test(line.trim().replace(/^(Found:|Expected:|To do:|[a-z_]+ {2,})\s*/, '')),
    )
  expect(long).toEqual([])
}

async function expectNamed({ id, says, plant }: Cause): Promise<void> {
  await plant(patient)
  const examination = await patient.examine()
  const { ok, checks } = examination.diagnosis
  expectNothingSecret(JSON.stringify(examination))
  expectReadable(renderReport(examination, false))
  const findings = checks.filter(({ status }) => status === 'fail' || status === 'warning')
  expect(findings[0]).toMatchObject({ id, status: 'fail' })
  expect(checks.filter(({ status }) => status === 'fail')).toHaveLength(1)
  const { found = '', fix = '', expected } = findings[0] ?? {}
  expect([found, fix].find((text) => says.test(text)) ?? `${found} | ${fix}`).toMatch(says)
  expect(expected).toEqual(expect.any(String))
  expect(ok).toBe(false)
}

// The titles are read by `npm run doctor:matrix`.
describe('the doctor names first, and nothing else as a failure', () => {
  test.each(numbered.map(([number, cause]) => [number, cause.name, cause.id, cause] as const))(
    '%s | %s | %s',
    async (_number, _name, _id, cause) => {
      await expectNamed(cause)
    },
  )
})

describe('beside these it names', () => {
  test.each(furtherCauses.map((cause) => [cause.name, cause.id, cause] as const))(
    '– | %s | %s',
    async (_name, _id, cause) => {
      await expectNamed(cause)
    },
  )
})

test.each([20, 200])('a clock that is %p seconds fast is a warning', async (seconds) => {
  shiftClock(seconds)
  const { ok, checks } = await patient.diagnose()
  expect(checks.flatMap(({ id, status }) => (status === 'pass' ? [] : [[id, status]]))).toEqual([
    ['clock-in-step', 'warning'],
  ])
  expect(ok).toBe(true)
})

test('every check is the first to name one of these', () => {
  const named = [...numbered.map(([, { id }]) => id), ...furtherCauses.map(({ id }) => id)]
  expect(allChecks.map(({ id }) => id).filter((id) => !named.includes(id))).toEqual([])
})

test('every cause from 1 to 27 has a faulty set-up', () => {
  const present = new Set(numbered.map(([number]) => Number(number)))
  expect([...present].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 27 }, (_, index) => index + 1))
})
