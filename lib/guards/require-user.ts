import type { Request, RequestHandler } from 'express'
import { ConfigurationError } from '../errors.js'
import type { Cis2User } from '../user/user.js'
import { createGuard, type Verdict } from './create-guard.js'
import { denialReasons, isDenialReason, type DenialReason } from './denial.js'

/**
 * Lets people through of whom the rule says `true`, and nothing like it. Nobody is logged in: as `requireLogin`.
 *
 * A rule that throws or rejects lets nobody through, and its error goes to the application's error handler.
 *
 * @param rule asked anew on every request
 * @param reason the code of the refusal; public events and pages carry it. @default 'ERR_CIS2_ACCESS_DENIED'
 * @throws {ConfigurationError} `ERR_CIS2_GUARD` when the rule is no function, or the reason no code
 * @since 0.1.0
 */
export function requireUser(
  rule: (user: Cis2User, req: Request) => boolean | Promise<boolean>,
  reason: DenialReason = 'ERR_CIS2_ACCESS_DENIED',
): RequestHandler {
  if (typeof rule !== 'function')
    throw new ConfigurationError('ERR_CIS2_GUARD', 'requireUser takes a function (user, req) => boolean')
  if (!isDenialReason(reason))
    throw new ConfigurationError(
      'ERR_CIS2_GUARD',
      `the reason of requireUser, its second argument, must be one of ${denialReasons.join(', ')}`,
    )
  const judge = (answer: unknown): Verdict => answer === true || { reason }
  return createGuard((user, req) => {
    const answer: unknown = rule(user, req)
    return typeof answer === 'boolean' ? judge(answer) : Promise.resolve(answer).then(judge)
  })
}
