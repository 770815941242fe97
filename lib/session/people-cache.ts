import { resolveSelectedRole } from '../user/selected-role.js'
import { parseUserInfo, type Cis2User } from '../user/user.js'
import { unpackLogin } from './packed-login.js'

const mostPeople = 1000
// Of claims as JSON; parsed they take several times as much.
const mostCharacters = 4_000_000
const longestKept = 200_000

/**
 * People as parsed from their packed logins, for the sessions in use just now: a person's next request finds them
 * ready. They are shared between requests, and frozen for that.
 */
export class PeopleCache {
  readonly #people = new Map<string, { readonly user: Cis2User; readonly characters: number }>()
  readonly #inRole = new WeakMap<Cis2User, Map<string, Cis2User>>()
  #characters = 0

  /**
   * The person in the packed login; what cannot be read is nobody.
   *
   * @param roleId the role that the person has chosen in the application, if they have
   */
  get(packed: string, roleId?: string): Cis2User | undefined {
    const user = this.#find(packed)
    return user === undefined || roleId === undefined ? user : this.#inChosenRole(user, roleId)
  }

  #inChosenRole(user: Cis2User, roleId: string): Cis2User {
    const known = this.#inRole.get(user) ?? new Map<string, Cis2User>()
    const inRole =
      known.get(roleId) ?? frozen({ ...user, selectedRole: resolveSelectedRole(user.roles, roleId) })
    // As many as the person has roles: only those can be chosen.
    if (inRole.selectedRole.outcome === 'selected') this.#inRole.set(user, known.set(roleId, inRole))
    return inRole
  }

  #find(packed: string): Cis2User | undefined {
    const known = this.#people.get(packed)
    if (known) {
      if (this.#isCrowded) {
        // The order of the map is the order of use.
        this.#people.delete(packed)
        this.#people.set(packed, known)
      }
      return known.user
    }
    const parsed = parse(packed)
    if (parsed && parsed.characters <= longestKept) this.#keep(packed, parsed)
    return parsed?.user
  }

  /** Whether somebody may soon have to go. Until then nobody's order matters, and each change of it costs memory. */
  get #isCrowded(): boolean {
    return this.#people.size > mostPeople / 2 || this.#characters > mostCharacters / 2
  }

  /** Lets go of a login that has ended. */
  forget(packed: string): void {
    this.#characters -= this.#people.get(packed)?.characters ?? 0
    this.#people.delete(packed)
  }

  #keep(packed: string, parsed: { user: Cis2User; characters: number }): void {
    this.#people.set(packed, parsed)
    this.#characters += parsed.characters
    for (const oldest of this.#people.keys()) {
      if (this.#people.size <= mostPeople && this.#characters <= mostCharacters) break
      this.forget(oldest)
    }
  }
}

function parse(packed: string): { user: Cis2User; characters: number } | undefined {
  const login = unpackLogin(packed)
  try {
    return (
      login && {
        user: frozen(parseUserInfo(login.idTokenClaims, login.userInfo)),
        characters: login.characters,
      }
    )
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
