import { createSigningKey, type SigningKey } from './signing-key.js'

/** Keys that exist only for faults. */
export type SpecialKey = 'unpublished' | 'rsa-1024' | 'use-enc' | 'no-verify' | 'es256'

/**
 * How to change the key that the simulator signs with.
 */
export interface RotateKeysOptions {
  /** Whether the old key stays in the key set. @default true */
  keepPrevious?: boolean
  /** Whether the new key has an id of its own, or that of the old one. @default 'new' */
  kid?: 'new' | 'same'
}

/** The simulator's own keys: made when first needed, so that starting is fast. */
export interface ProviderKeys {
  /** The key that signs with an algorithm now. */
  current(alg: string): Promise<SigningKey>
  /** A key for a fault. */
  special(kind: SpecialKey): Promise<SigningKey>
  /** What the key set shows, newest first. */
  published(): Promise<SigningKey[]>
  /** Puts a fault's key into the key set, or with no argument takes all of them out. */
  publish(kind?: SpecialKey): void
  rotate(options?: RotateKeysOptions): Promise<{ kid: string }>
}

const makers: Readonly<Record<SpecialKey, () => Promise<SigningKey>>> = {
  unpublished: () => createSigningKey('RS256'),
  'rsa-1024': () => createSigningKey('RS256', { bits: 1024 }),
  'use-enc': () => createSigningKey('RS256', { published: { use: 'enc' } }),
  'no-verify': () => createSigningKey('RS256', { published: { key_ops: ['encrypt'] } }),
  es256: () => createSigningKey('ES256'),
}

export function createProviderKeys(algorithms: Iterable<string>): ProviderKeys {
  const current = new Map([...algorithms].map((alg) => [alg, createSigningKey(alg)]))
  const previous: SigningKey[] = []
  const specials = new Map<SpecialKey, Promise<SigningKey>>()
  const publishedSpecials = new Set<SpecialKey>()

  function special(kind: SpecialKey): Promise<SigningKey> {
    const key = specials.get(kind) ?? makers[kind]()
    specials.set(kind, key)
    return key
  }

  function currentKey(alg: string): Promise<SigningKey> {
    const key = current.get(alg) ?? createSigningKey(alg)
    current.set(alg, key)
    return key
  }

  return {
    current: currentKey,
    special,
    async published() {
      const keys = await Promise.all([...current.values(), ...[...publishedSpecials].map(special)])
      return [...keys, ...previous]
    },
    publish(kind) {
      if (kind) publishedSpecials.add(kind)
      else publishedSpecials.clear()
    },
    async rotate({ keepPrevious = true, kid = 'new' } = {}) {
      const replaced = await Promise.all(
        [...current].map(async ([alg, key]) => {
          const old = await key
          return { alg, old, fresh: await createSigningKey(alg, kid === 'same' ? { kid: old.kid } : {}) }
        }),
      )
      if (!keepPrevious) previous.length = 0
      for (const { alg, old, fresh } of replaced) {
        if (keepPrevious) previous.unshift(old)
        current.set(alg, Promise.resolve(fresh))
      }
      return { kid: replaced[0]?.fresh.kid ?? '' }
    },
  }
}
