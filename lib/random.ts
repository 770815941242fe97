import { randomFillSync, randomInt } from 'node:crypto'

// Asking the system for a few bytes costs as much as asking for many, so it is asked ahead, as randomUUID() does.
const pool = Buffer.alloc(2048)
let taken = pool.length

/**
 * Unpredictable bytes; the one place where this library's randomness comes from.
 *
 * @param count at most 2048
 */
export function randomBytes(count: number): Buffer {
  if (taken + count > pool.length) {
    randomFillSync(pool)
    taken = 0
  }
  const bytes = Buffer.from(pool.subarray(taken, taken + count))
  // What has been given out is nobody else's to read.
  pool.fill(0, taken, taken + count)
  taken += count
  return bytes
}

/** Unpredictable bytes as base64url text. */
export function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

// Without I, L, O and U: a reference is read out over the telephone.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A reference for one request, as a person can read it aloud: `7K2M-9QX4-B1`. 50 random bits. */
export function randomReference(): string {
  let letters = ''
  for (const byte of randomBytes(10)) letters += alphabet[byte & 31]
  return `${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8)}`
}

/** A random number of at least 0 and below 1, evenly spread: keeps retries apart. */
export function randomFraction(): number {
  return randomInt(2 ** 32) / 2 ** 32
}
