/**
 * One row of the faults table: what a fault takes and does.
 */
export interface FaultDescription {
  /** The values it takes, for people. */
  readonly values: string
  /** The value it has when none is given; without it a value is required. */
  readonly standard?: unknown
  /** What the simulator then does. */
  readonly does: string
  /** Whether it takes this value. */
  accepts(value: unknown): boolean
}

type Accepts = FaultDescription['accepts']

/** A fault that takes one of these words, the first when none is given. */
export function choice(words: readonly string[], does: string): FaultDescription {
  return {
    values: words.map((word) => `\`'${word}'\``).join(', '),
    standard: words[0],
    does,
    accepts: (value) => typeof value === 'string' && words.includes(value),
  }
}

/** A fault that is on or off. */
export function onOff(does: string): FaultDescription {
  return { values: '–', standard: true, does, accepts: (value) => value === true }
}

/** A fault that takes a number. */
export function amount(values: string, standard: number, does: string): FaultDescription {
  return { values, standard, does, accepts: isAmount }
}

/** A fault that takes something else. */
export function anything(
  values: string,
  accepts: Accepts,
  does: string,
  standard?: unknown,
): FaultDescription {
  return { values, accepts, does, ...(standard === undefined ? {} : { standard }) }
}

export const isAmount: Accepts = (value) => typeof value === 'number' && !Number.isNaN(value)
export const isObject: Accepts = (value) => typeof value === 'object' && value !== null
export const isFunction: Accepts = (value) => typeof value === 'function'
export const isText: Accepts = (value) => typeof value === 'string'
export const isOverride: Accepts = (value) => isObject(value) || isFunction(value)
export const isReplacement: Accepts = (value) =>
  isText(value) || isFunction(value) || value instanceof Uint8Array
