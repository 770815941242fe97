/** Logs what goes wrong between this application and its session store, without the address: it holds a password. */
export function logLostStore(name: string): (error: unknown) => void {
  return (error) => console.error(`${name}, where sessions are kept, has a problem: ${reasonOf(error)}`)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  // Several addresses that all refuse are one error without a message.
  return error.message || String(Reflect.get(error, 'code') ?? error.name)
}
