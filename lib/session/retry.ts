import { pause } from '../deadline.js'

const mostTries = 3
const pauseMs = 50

/** Does it, and again when the store fails, a moment later and three times at most: for what must not be left undone. */
export async function retry<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === mostTries) throw error
      await pause(pauseMs)
    }
  }
}
