import type { Request } from 'express'
import type { Cis2Tokens } from '../session/session-data.js'
import type { Cis2User } from '../user/user.js'

/** What the application adds to `req.authInfo`, or to the challenge of a refusal. */
export type Cis2VerifyInfo = Readonly<Record<string, unknown>>

/**
 * Ends the verify callback: an error, or the person as `req.user` is to be, or `false` for somebody who may not use this
 * application.
 *
 * @param user any object, such as a row of the application's own; without a verify callback it is the `Cis2User`
 */
export type Cis2VerifyDone = (error: unknown, user?: object | false | null, info?: Cis2VerifyInfo) => void

/**
 * Called when CIS2 has authenticated the person and every check has passed.
 *
 * @param tokens the tokens of this login: keep them on the server, if at all
 */
export type Cis2Verify = (req: Request, user: Cis2User, tokens: Cis2Tokens, done: Cis2VerifyDone) => unknown

/** A person whom the application has taken in. */
export interface AcceptedUser {
  readonly user: object
  readonly info: Cis2VerifyInfo
}

/** The application does not take this person in. */
export class VerifyRefusal extends Error {
  readonly info: Cis2VerifyInfo

  constructor(info: Cis2VerifyInfo) {
    super('refused by the verify callback')
    this.info = info
  }
}

/** The application's own failure, apart from ours: it goes to its error handler as it was thrown. */
export class VerifyFailure extends Error {
  readonly thrown: unknown

  constructor(thrown: unknown) {
    super('failed in the verify callback')
    this.thrown = thrown
  }
}

/** Without a callback, whoever CIS2 lets in is let in as they are. */
export const acceptEveryone: Cis2Verify = (_req, user, _tokens, done) => done(null, user)

/**
 * The callback as a promise; only its first answer counts.
 *
 * @throws {VerifyRefusal} for anything but a user
 * @throws {VerifyFailure} what it gave to `done` as an error, threw, or rejected with
 */
export async function verifyUser(
  verify: Cis2Verify,
  req: Request,
  user: Cis2User,
  tokens: Cis2Tokens,
): Promise<AcceptedUser> {
  return await new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(new VerifyFailure(error))
    const done: Cis2VerifyDone = (error, accepted, info = {}) => {
      // As everywhere in Express, null and undefined are no error.
      if (error !== undefined && error !== null) fail(error)
      else if (typeof accepted === 'object' && accepted !== null) resolve({ user: accepted, info })
      else reject(new VerifyRefusal(info))
    }
    Promise.resolve()
      .then(() => verify(req, user, tokens, done))
      .catch(fail)
  })
}
