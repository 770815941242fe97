import session from 'express-session'
import { RedisStore } from 'connect-redis'

/** What the store was made to do wrong, by kind. */
export const storeFaults = { operations: 0, failed: 0, slow: 0, twice: 0 }

const rate = 0.05
const longestDelayMs = 1_500

/**
 * One call in twenty goes wrong: half of those fail, most others are slow, a few call back twice. None hangs for ever:
 * for a request whose session never arrives, express-session has no end, whatever the application uses beside it.
 */
function misbehave(operation, work, done) {
  storeFaults.operations++
  if (Math.random() >= rate) return work(done)
  const chance = Math.random()
  if (chance < 0.5) {
    storeFaults.failed++
    return setImmediate(() => done(new Error('the store failed')))
  }
  // express-session itself would run the application twice if the session came twice.
  if (chance < 0.6 && operation !== 'get') {
    storeFaults.twice++
    return work((...results) => {
      done(...results)
      setImmediate(() => done(...results))
    })
  }
  storeFaults.slow++
  return setTimeout(() => work(done), Math.random() * longestDelayMs)
}

function withFaults(Store) {
  return class extends Store {
    get(id, done) {
      misbehave('get', (answer) => super.get(id, answer), done)
    }
    set(id, data, done = ignore) {
      misbehave('set', (answer) => super.set(id, data, answer), done)
    }
    destroy(id, done = ignore) {
      misbehave('destroy', (answer) => super.destroy(id, answer), done)
    }
    touch(id, data, done = ignore) {
      misbehave('touch', (answer) => super.touch(id, data, answer), done)
    }
  }
}

/** In memory: looked through now and then, because a MemoryStore forgets only what somebody asks for. */
export function createMemoryStore() {
  const store = new (withFaults(session.MemoryStore))()
  setInterval(() => store.all(ignore), 5_000).unref()
  return store
}

/** In Redis; the commands that the library sends beside the store's own go wrong as well. */
export function createRedisStore(client, ttlSeconds) {
  return new (withFaults(RedisStore))({ client: withFaultyCommands(client), ttl: ttlSeconds })
}

const commands = new Set(['exec', 'sRem', 'sMembers'])

function withFaultyCommands(client) {
  return new Proxy(client, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      const isQueued = name !== 'exec' && typeof target.exec === 'function'
      if (name === 'multi') return () => withFaultyCommands(Reflect.apply(value, target, []))
      if (!commands.has(name) || isQueued) return value.bind(target)
      return (...parameters) => misbehaveWithPromise(() => Reflect.apply(value, target, parameters))
    },
  })
}

function misbehaveWithPromise(work) {
  return new Promise((resolve, reject) => {
    const answer = (done) => {
      work().then(
        (result) => done(undefined, result),
        (error) => done(error),
      )
    }
    misbehave('get', answer, (error, result) => (error ? reject(error) : resolve(result)))
  })
}

function ignore() {
  // A store's callbacks are optional.
}
