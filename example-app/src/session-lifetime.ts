/**
 * How long a store keeps a session that nobody uses, in seconds: as long as the library lets a login last
 * (`session.absoluteTimeoutHours`). After that there is nothing in it that could be used.
 */
export const sessionLifetimeSeconds = 12 * 60 * 60
