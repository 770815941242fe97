import { hasPostgres } from './postgres-server.js'
import { hasRedis } from './redis-server.js'
import { memorySource, postgresSource, redisSource, slowSource, type StoreSource } from './store-sources.js'

const kinds: readonly {
  name: string
  isHere: boolean
  isShared: boolean
  open: () => Promise<StoreSource>
}[] = [
  { name: 'MemoryStore', isHere: true, isShared: false, open: memorySource },
  { name: 'a store that is slow and repeats itself', isHere: true, isShared: false, open: slowSource },
  { name: 'Redis', isHere: hasRedis, isShared: true, open: redisSource },
  { name: 'PostgreSQL', isHere: hasPostgres, isShared: true, open: postgresSource },
]

type Suite = (source: () => StoreSource) => void

/**
 * The same suite on each store. Servers are started for it and stopped after it; one that is not on this machine is
 * named as not run, and is a failure where `CIS2_REQUIRE_ALL_SUITES` is 1.
 *
 * @param suite gets the source of its stores; there is none before the tests run
 */
export function describeWithEveryStore(title: string, suite: Suite): void {
  for (const kind of kinds) describeKind(title, kind, suite)
}

/** The same on those that several processes can share. */
export function describeWithSharedStores(title: string, suite: Suite): void {
  for (const kind of kinds) if (kind.isShared) describeKind(title, kind, suite)
}

function describeKind(title: string, { name, isHere, open }: (typeof kinds)[number], suite: Suite): void {
  if (isHere) {
    describe(`${title}, with ${name}`, () => runSuite(open, suite))
    return
  }
  describe(`${title}, with ${name}: NOT RUN, it was not found`, () => {
    it('may be left out unless CIS2_REQUIRE_ALL_SUITES is 1', () => {
      process.stderr.write(`"${title}" was not run with ${name}: it was not found.\n`)
      expect(process.env.CIS2_REQUIRE_ALL_SUITES).not.toBe('1')
    })
  })
}

function runSuite(open: () => Promise<StoreSource>, suite: Suite): void {
  let source: StoreSource | undefined
  beforeAll(async () => {
    source = await open()
  }, 60_000)
  suite(() => {
    if (source === undefined) throw new Error('stores are there while tests run')
    return source
  })
  // After the suite's own: what it has started still uses the store.
  afterAll(async () => {
    await source?.close()
  }, 30_000)
}
