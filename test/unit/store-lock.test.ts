import session from 'express-session'
import { lockBeside } from '../../lib/session/lock-beside.js'
import { RedisLock } from '../../lib/session/redis-lock.js'
import { SharedRecords } from '../../lib/session/shared-records.js'
import type { StoreLock } from '../../lib/session/store-lock.js'
import { describeWithEveryStore } from '../support/stores/describe-with-every-store.js'

// A lock is one process's at a time, ends by itself, and is given back by its owner only.

describeWithEveryStore('a lock', (source) => {
  let here: StoreLock
  let there: StoreLock

  beforeEach(async () => {
    here = lockBeside(new SharedRecords(await source().empty(), 5000))
    there = lockBeside(new SharedRecords(await source().another(), 5000))
  })

  it('is one process’s at a time', async () => {
    const held = await here.take('cis2.lock', 10_000)
    expect(held).toBeDefined()
    expect(await there.take('cis2.lock', 10_000)).toBeUndefined()
    expect(await here.take('cis2.lock', 10_000)).toBeUndefined()
    expect(await there.take('cis2.other.lock', 10_000)).toBeDefined()
    await held?.release()
    expect(await there.take('cis2.lock', 10_000)).toBeDefined()
  })

  it('is got by one of many who try at the same moment', async () => {
    const tries = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? here : there).take('cis2.lock', 10_000)),
    )
    expect(tries.filter((held) => held !== undefined)).toHaveLength(1)
  })

  it('ends by itself, and is then given back by its new owner only', async () => {
    const late = await here.take('cis2.lock', 300)
    expect(late).toBeDefined()
    const owner = await untilTaken(there)
    await late?.release()
    expect(await here.take('cis2.lock', 10_000)).toBeUndefined()
    await owner.release()
    expect(await here.take('cis2.lock', 10_000)).toBeDefined()
  })
})

// The one test that waits: the lock ends by the clock of Redis.
async function untilTaken(lock: StoreLock): Promise<{ release(): Promise<void> }> {
  for (let tries = 0; tries < 200; tries++) {
    const held = await lock.take('cis2.lock', 10_000)
    if (held) return held
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('the lock did not end')
}

describe('a lock in Redis', () => {
  it('speaks the words of ioredis to a client of that kind', async () => {
    const said: unknown[][] = []
    const answer =
      (result: unknown) =>
      (...words: unknown[]) => {
        said.push(words)
        return Promise.resolve(result)
      }
    const client = {
      set: answer('OK'),
      get: answer(null),
      eval: answer(1),
      expire: answer(1),
      call: answer('OK'),
    }
    const store = Object.assign(new session.MemoryStore(), { client, prefix: 'sess:' })
    const held = await RedisLock.of(store)?.take('cis2.lock', 1500)
    await held?.release()
    expect(said[0]).toEqual(['sess:cis2.lock', expect.stringContaining('cis2Lock'), 'PX', 1500, 'NX'])
    expect(said[1]?.slice(1)).toEqual([1, 'sess:cis2.lock', said[0]?.[1]])
  })

  it('is nothing for a store without a client', () => {
    expect(RedisLock.of(new session.MemoryStore())).toBeUndefined()
  })
})
