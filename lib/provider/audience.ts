/** Whether `aud` is this client and nobody beside it: a token that is also for somebody else is refused. */
export function isOnlyAudience(aud: unknown, clientId: string): boolean {
  return aud === clientId || (Array.isArray(aud) && aud.length === 1 && aud[0] === clientId)
}
