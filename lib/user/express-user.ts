import type { Cis2User } from './user.js'

// Here and not beside the code that sets these members: that code is in nobody's declarations, and an application would
// not see them.
declare global {
  namespace Express {
    // Merges with the interface of the same name that Passport's typings declare.
    interface User extends Cis2User {}
    interface Request {
      /** The person who is logged in, as in Passport. */
      user?: User | undefined
      /** Whether somebody is logged in, as in Passport. */
      isAuthenticated(): this is AuthenticatedRequest
      /** Whether nobody is logged in, as in Passport. */
      isUnauthenticated(): this is UnauthenticatedRequest
      /** Ends the login: takes a callback as in Passport, or returns a promise. */
      logout(done: (error?: unknown) => void): void
      logout(): Promise<void>
    }
    // As Passport's typings have them: whichever are read first, `if (req.isAuthenticated())` means the same.
    interface AuthenticatedRequest extends Request {
      user: User
    }
    interface UnauthenticatedRequest extends Request {
      user?: undefined
    }
  }
}
