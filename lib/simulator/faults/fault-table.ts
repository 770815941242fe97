import { artefactFaults } from './artefact-faults.js'
import { endpointFaults } from './endpoint-faults.js'
import type { FaultDescription } from './fault-description.js'
import type { Artefact, Endpoint, FaultName, FaultValues } from './fault-values.js'
import { transportFaults } from './transport-faults.js'

/** The endpoints that every transport fault applies to. */
export const endpoints: readonly Endpoint[] = [
  'discovery',
  'jwks',
  'authorize',
  'token',
  'userInfo',
  'endSession',
  'platformToken',
  'platformApi',
]

/** The JWTs that every artefact fault applies to. */
export const artefacts: readonly Artefact[] = ['idToken', 'logoutToken', 'signedUserInfo']

/** A row of the table, under the name that the documentation gives it. */
export interface FaultRow {
  /** As documented: `<endpoint>.hang`, `<token>Claims`, `roleCount`. */
  readonly title: string
  /** As set: `token.hang`, `idTokenClaims`, `roleCount`. */
  readonly names: readonly string[]
  readonly description: FaultDescription
}

/** Every fault there is. */
export const faultTable: readonly FaultRow[] = [
  ...Object.entries(transportFaults).map(([kind, description]) => ({
    title: `<endpoint>.${kind}`,
    names: endpoints.map((endpoint) => `${endpoint}.${kind}`),
    description,
  })),
  ...Object.entries(artefactFaults).map(([kind, description]) => ({
    title: `<token>${kind}`,
    names: artefacts.map((artefact) => `${artefact}${kind}`),
    description,
  })),
  ...Object.entries(endpointFaults).map(([name, description]) => ({
    title: name,
    names: [name],
    description,
  })),
]

const rowsByName = new Map(
  faultTable.flatMap((row) => row.names.map((name) => [name, row.description] as const)),
)

/** The row of a fault; a name that is in no row is an error. */
export function parseFaultName(name: string): { name: FaultName; description: FaultDescription } {
  const description = rowsByName.get(name)
  if (!description) throw new TypeError(`there is no fault '${name}'; docs/simulator.md lists them`)
  return { name: name as FaultName, description }
}

/** The value of a fault, or its standard value; one that it does not take is an error. */
export function parseFaultValue<N extends FaultName>(fault: N, given: unknown): FaultValues[N] {
  const { description } = parseFaultName(fault)
  const value = given ?? description.standard
  if (value === undefined) throw new TypeError(`the fault '${fault}' needs a value: ${description.values}`)
  if (!description.accepts(value)) throw new TypeError(`the fault '${fault}' takes: ${description.values}`)
  return value as FaultValues[N]
}
