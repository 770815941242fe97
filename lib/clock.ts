/** Now, in whole seconds since the epoch: the unit of every claim and every record in this library. */
export function epochSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
