import { ConfigurationError, type ConfigurationProblem } from '../errors.js'
import { nearestName } from './nearest-name.js'
import { optionNames } from './option-names.js'
import { hasMembers, readOwnMembers, unreadableProblem } from './own-members.js'

/** Bounds of a number. */
interface NumberRule {
  above?: number
  atLeast?: number
  atMost?: number
  integer?: boolean
  unit: string
}

/**
 * Reads an options object member by member and collects every problem instead of stopping at the first.
 * Only own properties count: nothing reaches the configuration through a prototype.
 */
export class OptionReader {
  readonly #source: Readonly<Record<string, unknown>>
  readonly #prefix: string
  readonly #nested = new Map<string, OptionReader>()
  readonly problems: ConfigurationProblem[]

  /** @throws {ConfigurationError} when a member cannot be read: what else is wrong is then anybody's guess */
  constructor(
    source: unknown,
    names: readonly string[] = optionNames.options,
    prefix = '',
    problems: ConfigurationProblem[] = [],
  ) {
    this.problems = problems
    this.#prefix = prefix
    const own = readOwnMembers(hasMembers(source) ? source : {})
    this.#source = own.members
    for (const name of own.unreadable) this.report(name, unreadableProblem)
    if (own.unreadable.length > 0) throw new ConfigurationError(problems)
    if (source !== undefined && !hasMembers(source)) {
      this.report('', `must be an object, found ${typeName(source)}`)
      return
    }
    for (const name of own.names) {
      if (names.includes(name)) continue
      const meant = nearestName(name, names)
      this.report(name, meant ? `is not an option; did you mean \`${prefix}${meant}\`?` : 'is not an option')
    }
  }

  report(name: string, message: string): void {
    const option = `${this.#prefix}${name}`.replace(/\.$/, '')
    this.problems.push({ option: option === '' ? 'options' : option, message })
  }

  /** The member as it was given; `undefined` means not given. */
  raw(name: string): unknown {
    return Object.hasOwn(this.#source, name) ? this.#source[name] : undefined
  }

  /** The members of an object option. Its unknown names are reported once, however often it is asked for. */
  nested(name: Exclude<keyof typeof optionNames, 'options'>): OptionReader {
    const reader =
      this.#nested.get(name) ??
      new OptionReader(this.raw(name), optionNames[name], `${this.#prefix}${name}.`, this.problems)
    this.#nested.set(name, reader)
    return reader
  }

  text(name: string): string | undefined {
    const value = this.raw(name)
    if (value === undefined) return undefined
    if (typeof value !== 'string') this.report(name, `must be text, found ${typeName(value)}`)
    else if (value.trim() === '') this.report(name, 'is empty')
    else if (value !== value.trim()) this.report(name, 'has spaces around it')
    else if (/^(["'`]).*\1$/.test(value)) this.report(name, 'has quotes around it: leave them out')
    else return value
    return undefined
  }

  requiredText(name: string, advice?: string): string | undefined {
    if (this.raw(name) === undefined)
      this.report(name, advice === undefined ? 'is missing' : `is missing: ${advice}`)
    return this.text(name)
  }

  number(name: string, fallback: number, rule: NumberRule): number {
    const value = this.raw(name)
    if (value === undefined) return fallback
    const { above, atLeast, atMost, integer, unit } = rule
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      this.report(
        name,
        `must be a number of ${unit}, found ${typeof value === 'number' ? String(value) : typeName(value)}`,
      )
    } else if (above !== undefined && value <= above)
      this.report(name, `must be above ${above} ${unit}, found ${value}`)
    else if (atLeast !== undefined && value < atLeast)
      this.report(name, `must be at least ${atLeast} ${unit}, found ${value}`)
    else if (atMost !== undefined && value > atMost)
      this.report(name, `must be at most ${atMost} ${unit}, found ${value}`)
    else if (integer && !Number.isInteger(value))
      this.report(name, `must be a whole number of ${unit}, found ${value}`)
    else return value
    return fallback
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.raw(name)
    if (value === undefined || typeof value === 'boolean') return value ?? fallback
    this.report(name, `must be true or false, found ${typeName(value)}`)
    return fallback
  }

  oneOf<const Choice>(name: string, choices: readonly Choice[], fallback: Choice): Choice {
    const value = this.raw(name)
    if (value === undefined) return fallback
    const choice = choices.find((candidate) => candidate === value)
    if (choice === undefined)
      this.report(name, `must be one of ${choices.map((each) => JSON.stringify(each)).join(', ')}`)
    return choice ?? fallback
  }

  texts(name: string): readonly string[] {
    const value = this.raw(name)
    if (value === undefined) return []
    const given: readonly unknown[] = Array.isArray(value) ? value : []
    const texts = given.filter((each) => typeof each === 'string' && each.trim() !== '') as string[]
    if (Array.isArray(value) && texts.length === given.length) return Object.freeze(texts)
    this.report(
      name,
      `must be an array of texts, found ${Array.isArray(value) ? 'an array with something else in it' : typeName(value)}`,
    )
    return []
  }

  callback<T>(name: string): T | undefined {
    const value = this.raw(name)
    // Which arguments a function takes cannot be checked; its answers are, when it is called.
    if (value === undefined || typeof value === 'function') return value as T | undefined
    this.report(name, `must be a function, found ${typeName(value)}`)
    return undefined
  }
}

/** What a value is, in words that do not repeat it. */
function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (value instanceof Promise) return 'a promise: wait for it first'
  if (typeof value === 'object')
    return hasMembers(value) ? 'an object' : 'something without named members, such as a Map'
  return typeof value === 'string' ? 'text' : `a ${typeof value}`
}
