// Runs in every test file, before it: answers what mark-guards.cjs asks, and writes down which refusals the file ran.
import { afterAll, expect } from '@jest/globals'
import { appendFileSync } from 'node:fs'

const seen = new Set()
globalThis.isGuardOn = (guard) => {
  seen.add(guard)
  return guard !== process.env.GUARD_OFF
}

afterAll(() => {
  const { GUARD_RECORD } = process.env
  const { testPath } = expect.getState()
  if (GUARD_RECORD) for (const guard of seen) appendFileSync(GUARD_RECORD, `${guard}\t${testPath}\n`)
})
