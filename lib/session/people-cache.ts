import { parseUserInfo, type Cis2User } from '../user/user.js'
import { unpackLogin } from './packed-login.js'

const mostPeople = 200

/**
 * People as parsed from their packed logins, for the sessions in use just now: a person's next request finds them
 * ready. They are shared between requests, and frozen for that.
 */
export class PeopleCache {
  readonly #people = new Map<string, Cis2User>()

  /** The person in the packed login; what cannot be read is nobody. */
  get(packed: string): Cis2User | undefined {
    const known = this.#people.get(packed)
    if (known) {
      // The order of the map is the order of use.
      this.#people.delete(packed)
      this.#people.set(packed, known)
      return known
    }
    const user = parse(packed)
    if (user === undefined) return undefined
    this.#people.set(packed, user)
    if (this.#people.size > mostPeople) this.#people.delete(this.#people.keys().next().value ?? '')
    return user
  }
}

function parse(packed: string): Cis2User | undefined {
  const login = unpackLogin(packed)
  try {
    return login && frozen(parseUserInfo(login.idTokenClaims, login.userInfo))
  } catch {
    return undefined
  }
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const member of Object.values(value)) frozen(member)
  return value
}
