import type { StepUp } from '../attempt/login-wish.js'
import type { Config } from '../config/config.js'
import { Cis2Error, LoginError } from '../errors.js'
import { acrValuesFor, lacksOnlyAge } from '../user/assurance.js'
import type { Cis2User } from '../user/user.js'

const cancelled = new Set<string>(['ERR_CIS2_LOGIN_CANCELLED', 'ERR_CIS2_LOGIN_REQUIRED'])
const tooLow = new Set<string>(['ERR_CIS2_ACR', 'ERR_CIS2_AUTHENTICATION_ASSURANCE', 'ERR_CIS2_AUTH_TIME'])

/** What is demanded of the answer: never less than of any login. */
export function demandsOf(config: Config, stepUp: StepUp | undefined): Config {
  if (stepUp === undefined) return config
  const { authentication, maxAgeSeconds = Infinity } = stepUp
  return {
    ...config,
    acrValues:
      authentication === undefined ? config.acrValues : acrValuesFor(authentication, config.acrValues),
    minimumAuthenticationAssurance: Math.max(config.minimumAuthenticationAssurance, authentication ?? 0),
    maximumAuthAgeSeconds: Math.min(config.maximumAuthAgeSeconds, maxAgeSeconds),
  }
}

/** A stronger login is nobody else's: their roles and this person's session never meet. */
export function checkSamePerson({ sub }: Cis2User, stepUp: StepUp | undefined): void {
  if (stepUp !== undefined && stepUp.sub !== sub) throw new LoginError('ERR_CIS2_STEP_UP_OTHER_PERSON')
}

/** What a failure means to somebody who is logged in already, and stays so. */
export function errorWhileLoggedIn(
  error: unknown,
  stepUp: StepUp | undefined,
  user: Cis2User | undefined,
): unknown {
  if (!(error instanceof Cis2Error)) return error
  if (stepUp === undefined) {
    if (user !== undefined && error.code === 'ERR_CIS2_LOGIN_CANCELLED') error.kind = 'cancelledLoggedIn'
    return error
  }
  const failure = stepUpError(error)
  // What came back too weak was not about age, whatever the login before was.
  const isAboutAge =
    failure.code === 'ERR_CIS2_STEP_UP_CANCELLED'
      ? user !== undefined && lacksOnlyAge(user, stepUp.authentication)
      : stepUp.authentication === undefined
  if (failure.kind === 'stepUpFailed' && isAboutAge) failure.kind = 'stepUpAgeFailed'
  return failure
}

/** Whether a failure is about the login that there is, so that it is known whose. */
export function concernsLogin({ code, kind }: Cis2Error): boolean {
  return kind === 'cancelledLoggedIn' || code.startsWith('ERR_CIS2_STEP_UP_')
}

function stepUpError(error: Cis2Error): Cis2Error {
  if (cancelled.has(error.code)) return new LoginError('ERR_CIS2_STEP_UP_CANCELLED', error.detail)
  return tooLow.has(error.code) ? new LoginError('ERR_CIS2_STEP_UP_TOO_LOW', error.detail) : error
}
