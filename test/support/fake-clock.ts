import { jest } from '@jest/globals'

const real = ['nextTick', 'setImmediate', 'setInterval', 'setTimeout', 'queueMicrotask'] as const

/** Sets `Date.now()`, and leaves every timer alone. */
export function setClock(now: number): void {
  jest.useFakeTimers({
    now,
    doNotFake: [...real, 'clearImmediate', 'clearInterval', 'clearTimeout', 'performance', 'hrtime'],
  })
}

/** Lets seconds go by for whoever asks for the time: the application and the simulator. */
export function passSeconds(seconds: number): void {
  setClock(Date.now() + seconds * 1000)
}

export function resetClock(): void {
  jest.useRealTimers()
}
