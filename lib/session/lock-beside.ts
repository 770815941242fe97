import { RecordLock } from './record-lock.js'
import { RedisLock } from './redis-lock.js'
import type { SharedRecords } from './shared-records.js'
import type { StoreLock } from './store-lock.js'

const locks = new WeakMap<SharedRecords, StoreLock>()

/** The locks that live beside these records: in Redis itself where the store has a client, else as records. */
export function lockBeside(records: SharedRecords): StoreLock {
  const lock = locks.get(records) ?? RedisLock.of(records.store) ?? new RecordLock(records)
  locks.set(records, lock)
  return lock
}
