import type { KeyMember } from './key-member.js'
import type { SigningKey } from './signing-key.js'

/** A member that has a private half. */
export type Signer = KeyMember & { readonly signingKey: SigningKey }

/** What the choice depends on beside the keys. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** How long a key has to have been published before it signs by itself, in milliseconds. */
  readonly minimumAge: number
}

/**
 * The one key that signs at this moment, or none when every key is public-only, retired or waiting:
 * the first `active`; else the newest that has been published for long enough; else the first that says nothing about
 * itself; else, when all are young, the oldest that is not marked `next`.
 */
export function chooseSigningKey(members: readonly KeyMember[], moment: Moment): Signer | undefined {
  const signers = members.filter(isSigner)
  const usable = signers.filter(({ status }) => status === undefined || status === 'next')
  const dated = usable.filter(({ publishedAt }) => publishedAt !== undefined)
  return (
    signers.find(({ status }) => status === 'active') ??
    newest(dated.filter((member) => isOldEnough(member, moment))) ??
    usable.find(({ status, publishedAt }) => status === undefined && publishedAt === undefined) ??
    oldest(dated.filter(({ status }) => status === undefined))
  )
}

/** Whether a key has been published for long enough; one without a date is not known to be. */
export function isOldEnough({ publishedAt }: KeyMember, { now, minimumAge }: Moment): boolean {
  return publishedAt !== undefined && now - publishedAt >= minimumAge
}

// What a Date can hold.
const latestTime = 8.64e15

/** When a key that waits will sign by itself, in milliseconds since the epoch; never, if somebody has to say so. */
export function signsFrom(
  member: KeyMember,
  members: readonly KeyMember[],
  moment: Moment,
): number | undefined {
  const { publishedAt } = member
  if (publishedAt === undefined) return undefined
  const at = Math.max(moment.now, publishedAt + moment.minimumAge)
  if (at > latestTime) return undefined
  return chooseSigningKey(members, { ...moment, now: at }) === member ? at : undefined
}

export function isSigner(member: KeyMember): member is Signer {
  return member.signingKey !== undefined
}

// Of two with the same date the first of the set counts, for both.
function newest(signers: readonly Signer[]): Signer | undefined {
  return signers.toSorted((a, b) => (b.publishedAt ?? 0) - (a.publishedAt ?? 0))[0]
}

function oldest(signers: readonly Signer[]): Signer | undefined {
  return signers.toSorted((a, b) => (a.publishedAt ?? 0) - (b.publishedAt ?? 0))[0]
}
