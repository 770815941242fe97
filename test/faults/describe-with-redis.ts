import { findRedis } from './redis-server.js'

/** A suite that needs Redis; where there is none, a suite that says by name that it was not run. */
export function describeWithRedis(name: string, define: () => void): void {
  if (findRedis() !== undefined) {
    describe(name, define)
    return
  }
  describe(`${name}: NOT RUN, redis-server was not found`, () => {
    it('may be left out unless CIS2_REQUIRE_ALL_SUITES is 1', () => {
      process.stderr.write(`"${name}" was not run: redis-server was not found in PATH.\n`)
      expect(process.env.CIS2_REQUIRE_ALL_SUITES).not.toBe('1')
    })
  })
}
