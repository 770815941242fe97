import process from 'node:process'

/**
 * Marks in the work of an application: every command to its session store is one. The parent can have the commands
 * named, or have the process stop before one of them, which is the moment to kill it.
 */
export class CommandMarks {
  #names
  #stopAt
  #send

  constructor(send) {
    this.#send = send
  }

  record() {
    this.#names = []
  }

  recorded() {
    return this.#names ?? []
  }

  /** From now on, the command of this number (from 0) is not run, and nothing after it. */
  stopAt(number) {
    this.#names = []
    this.#stopAt = number
  }

  /** The client of a store, with every command a mark. */
  watch(client) {
    return new Proxy(client, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        // A transaction is one command: nothing of it is run before its end.
        if (name === 'multi') return () => this.watch(Reflect.apply(value, target, []))
        if (!commands.has(name)) return value.bind(target)
        return (...parameters) =>
          !isTransaction(target, name) && this.#isToStop(name)
            ? new Promise(() => undefined)
            : Reflect.apply(value, target, parameters)
      },
    })
  }

  #isToStop(name) {
    if (this.#names === undefined) return false
    this.#names.push(name)
    if (this.#stopAt === undefined || this.#names.length <= this.#stopAt) return false
    this.#send({ stopped: name })
    // After the commands before this one have left. A process that still ran would give up waiting for an answer, and
    // go on, if the parent was slow to kill it.
    setImmediate(standStill)
    return true
  }
}

const longestStandMs = 60_000

/** Nothing runs any more, no timer either; a parent that has gone leaves nobody behind. */
function standStill() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, longestStandMs)
  process.exit(1)
}

// Within a transaction, commands are only queued.
function isTransaction(target, name) {
  return name !== 'exec' && typeof target.exec === 'function'
}

const commands = new Set(['get', 'set', 'del', 'expire', 'exec', 'sAdd', 'sRem', 'sMembers'])
