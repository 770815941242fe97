/** A `fetch` that reaches public test hosts where their servers really listen, as DNS and a TLS proxy would. */
export function mapOrigins(origins: Readonly<Record<string, string>>): typeof globalThis.fetch {
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const target = origins[url.origin]
    return globalThis.fetch(target === undefined ? url : new URL(url.pathname + url.search, target), init)
  }
}
