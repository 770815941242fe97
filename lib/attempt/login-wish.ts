/** A login that has to be stronger or newer than the one there is, and of the same person. */
export interface StepUp {
  readonly sub: string
  /** The lowest authentication assurance level. */
  readonly authentication?: number
  /** How long ago the person may have authenticated, in seconds. */
  readonly maxAgeSeconds?: number
}

/** What a login is for. It is sealed in the attempt's cookie, where nobody can write or strip it. */
export interface LoginWish {
  /** A path of this application, already checked. */
  readonly returnTo: string
  /** Follows the login through every page, event and error. */
  readonly reference: string
  readonly stepUp?: StepUp
}

/** As a short text, to be sealed. */
export function packWish({ returnTo, reference, stepUp }: LoginWish, use: '' | 'used'): string {
  if (stepUp === undefined)
    return JSON.stringify(use === '' ? [returnTo, reference] : [returnTo, reference, use])
  return JSON.stringify([returnTo, reference, use, ...stepUpParts(stepUp)])
}

/** As a short text, to be sealed into a link. */
export function packStepUp(stepUp: StepUp): string {
  return JSON.stringify(stepUpParts(stepUp))
}

function stepUpParts({ sub, authentication, maxAgeSeconds }: StepUp): readonly unknown[] {
  return [sub, authentication ?? null, maxAgeSeconds ?? null]
}

/** What a link was sealed with. */
export function unpackStepUp(text: string | undefined): StepUp | undefined {
  const parts: unknown = text === undefined ? undefined : JSON.parse(text)
  return Array.isArray(parts) ? parseStepUp(parts) : undefined
}

/**
 * The way back. Only this library seals, so what opens has this shape; another version's does not, and is then no
 * attempt: a demand that cannot be read must not become none.
 */
export function parseWish(text: string | undefined): (LoginWish & { readonly isUsed: boolean }) | undefined {
  if (text === undefined) return undefined
  const parts: unknown = JSON.parse(text)
  if (!Array.isArray(parts)) return undefined
  const [returnTo, reference, use, ...rest] = parts as unknown[]
  if (typeof returnTo !== 'string' || typeof reference !== 'string') return undefined
  const wish = { returnTo, reference, isUsed: use === 'used' }
  if (rest.length === 0) return wish
  const stepUp = parseStepUp(rest)
  return stepUp && { ...wish, stepUp }
}

function parseStepUp([sub, authentication, maxAgeSeconds]: readonly unknown[]): StepUp | undefined {
  if (typeof sub !== 'string' || !isNumberOrNull(authentication) || !isNumberOrNull(maxAgeSeconds))
    return undefined
  return {
    sub,
    ...(authentication === null ? {} : { authentication }),
    ...(maxAgeSeconds === null ? {} : { maxAgeSeconds }),
  }
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || typeof value === 'number'
}
