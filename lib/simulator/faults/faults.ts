import type {
  Artefact,
  ArtefactFaults,
  Endpoint,
  FaultName,
  FaultValues,
  TransportFaults,
} from './fault-values.js'
import { parseFaultName, parseFaultValue } from './fault-table.js'

/**
 * How long a fault lasts.
 */
export interface FaultOptions {
  /** For how many uses. @default until it is cleared */
  times?: number
}

/** The faults that are set. Taking one is using it: after its last use it is gone. */
export interface Faults {
  set<N extends FaultName>(name: N, value?: FaultValues[N], options?: FaultOptions): void
  clear(names: readonly FaultName[]): void
  take<N extends FaultName>(name: N): FaultValues[N] | undefined
  /** Reads a fault without using it. */
  peek<N extends FaultName>(name: N): FaultValues[N] | undefined
  takeTransport<K extends keyof TransportFaults>(endpoint: Endpoint, kind: K): TransportFaults[K] | undefined
  takeArtefact<K extends keyof ArtefactFaults>(artefact: Artefact, kind: K): ArtefactFaults[K] | undefined
}

export function createFaults(): Faults {
  const active = new Map<string, { value: unknown; usesLeft: number }>()

  function takeValue(name: string): unknown {
    const fault = active.get(name)
    if (!fault) return undefined
    fault.usesLeft -= 1
    if (fault.usesLeft <= 0) active.delete(name)
    return fault.value
  }

  // The map forgets which value goes with which name; set() is where the two were checked against each other.
  function parseTaken<V>(name: string): V | undefined {
    return takeValue(name) as V | undefined
  }

  function parsePeeked<V>(name: string): V | undefined {
    return active.get(name)?.value as V | undefined
  }

  return {
    set(name, value, { times = Infinity } = {}) {
      parseFaultName(name)
      if (!(times > 0)) throw new TypeError(`the fault '${name}' cannot apply ${times} times`)
      active.set(name, { value: parseFaultValue(name, value), usesLeft: times })
    },
    clear(names) {
      if (names.length === 0) active.clear()
      for (const name of names) active.delete(parseFaultName(name).name)
    },
    take: (name) => parseTaken(name),
    peek: (name) => parsePeeked(name),
    takeTransport: (endpoint, kind) => parseTaken(`${endpoint}.${kind}`),
    takeArtefact: (artefact, kind) => parseTaken(`${artefact}${kind}`),
  }
}
