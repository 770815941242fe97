import type { EventEmitter } from 'node:events'

/**
 * Calls one listener after the other, whatever each of them does: one that throws, or returns a promise that rejects, is
 * told and stops nobody.
 *
 * @param stream what `this` is to them
 */
export function callListeners(
  stream: object,
  listeners: ReturnType<EventEmitter['rawListeners']>,
  event: object,
  onFailure: () => void,
): void {
  for (const listener of listeners) {
    try {
      // Whatever can be awaited counts: promises of another realm or library are no instances of our Promise.
      Promise.resolve(Reflect.apply(listener, stream, [event])).catch(onFailure)
    } catch {
      onFailure()
    }
  }
}
