import { describe, expect, it } from '@jest/globals'
import { findChromium } from './find-chromium.js'

/** Runs suites in Chromium. Without one they are left out, with a line that says so, and nowhere that all must run. */
export function withChromium(title: string, suites: (executablePath: string) => void): void {
  const executablePath = findChromium()
  if (executablePath !== undefined) {
    suites(executablePath)
    return
  }
  describe(`${title}: NOT RUN, Chromium was not found`, () => {
    it('may be left out unless CIS2_REQUIRE_ALL_SUITES is 1', () => {
      process.stderr.write(`${title}: not run, Chromium was not found. Set CHROMIUM_PATH.\n`)
      expect(process.env.CIS2_REQUIRE_ALL_SUITES).not.toBe('1')
    })
  })
}
