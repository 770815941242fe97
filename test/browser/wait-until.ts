const longestMs = 30_000

/** Waits for something that only looking can tell, with an end: a test that fails must not keep looking. */
export async function waitUntil(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + longestMs
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`not within ${longestMs} ms: ${isTrue.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
