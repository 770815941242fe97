import { Store } from 'express-session'
import { RedisSets } from '../../lib/session/redis-sets.js'

// What clients of Redis answer when something is wrong. What they answer otherwise, a real Redis says elsewhere.

interface Answers {
  exec?: unknown
  sMembers?: unknown
}

function setsWith({ exec, sMembers }: Answers): RedisSets {
  const transaction = {
    sAdd: () => transaction,
    expire: () => transaction,
    sCard: () => transaction,
    exec: () => Promise.resolve(exec),
  }
  const client = {
    multi: () => transaction,
    sRem: () => Promise.resolve(1),
    sPop: () => Promise.resolve('x'),
    sMembers: () => Promise.resolve(sMembers),
  }
  const store: Store = Object.assign(Object.create(Store.prototype) as Store, { client, prefix: 'sess:' })
  const sets = RedisSets.of(store, 5000)
  if (sets === undefined) throw new Error('not taken for a store with a Redis client')
  return sets
}

describe('sets in Redis', () => {
  it.each<[string, unknown]>([
    ['was given up', null],
    ['has no answer', undefined],
  ])('do not take a member for added when the transaction %s', async (_what, exec) => {
    await expect(setsWith({ exec }).add('key', 'member', 60)).rejects.toThrow('not carried out')
  })

  it('do not take a member for added when one command failed, as ioredis tells it', async () => {
    const exec = [
      [new Error('WRONGTYPE'), undefined],
      [null, 1],
      [null, 1],
    ]
    await expect(setsWith({ exec }).add('key', 'member', 60)).rejects.toThrow('WRONGTYPE')
  })

  it.each([
    ['node-redis', [1, true, 1]],
    [
      'ioredis',
      [
        [null, 1],
        [null, 1],
        [null, 1],
      ],
    ],
  ])('understand the answers of %s', async (_client, exec) => {
    await expect(setsWith({ exec }).add('key', 'member', 60)).resolves.toBeUndefined()
  })

  it.each([undefined, null, 'OK', {}])('do not take %j for a person without sessions', async (sMembers) => {
    await expect(setsWith({ sMembers }).members('key')).rejects.toThrow('not a list')
  })
})
