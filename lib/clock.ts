/** Now, in whole seconds since the epoch: the unit of every claim and every record in this library. */
export function epochSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** Whether a claim is a time (RFC 7519, section 2, NumericDate): a number of seconds since the epoch. */
export function isEpochSeconds(claim: unknown): claim is number {
  return typeof claim === 'number' && Number.isFinite(claim) && claim >= 0
}
