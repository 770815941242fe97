import { randomBytes, randomInt } from 'node:crypto'

/** Unpredictable bytes as base64url text; the one place where this library's randomness comes from. */
export function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

// Without I, L, O and U: a reference is read out over the telephone.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A reference for one request, as a person can read it aloud: `7K2M-9QX4-B1`. 50 random bits. */
export function randomReference(): string {
  const letters = Array.from(randomBytes(10), (byte) => alphabet[byte & 31])
  return `${letters.slice(0, 4).join('')}-${letters.slice(4, 8).join('')}-${letters.slice(8).join('')}`
}

/** An even number from 0 up to 1, to spread retries. */
export function randomFraction(): number {
  return randomInt(2 ** 32) / 2 ** 32
}
