declare global {
  namespace Express {
    // Merges with the interface of the same name that Passport's typings declare.
    interface AuthInfo {
      /** Where the person wanted to go before the login: a path of this application, already checked. */
      returnTo?: string
      /** The reference of this login: the same as in its events. */
      reference?: string
    }
  }
}

/**
 * What Passport adds to a strategy for one request. A strategy ends every request with one of them. Passport
 * makes them for the request: they need no `this`.
 */
export interface Cis2StrategyActions {
  /** Logs the person in. */
  success(this: void, user: object, info?: object): void
  /** Refuses, with a challenge that says why and the HTTP status. */
  fail(this: void, challenge?: object | string, status?: number): void
  /** Sends the browser on. */
  redirect(this: void, url: string, status?: number): void
  /** Something broke: goes to the application's error handler. */
  error(this: void, error: unknown): void
}
