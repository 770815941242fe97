import type { FaultName } from '../../lib/simulator/index.js'
import { artefacts, endpoints, faultTable } from '../../lib/simulator/faults/fault-table.js'
import { reach, start } from './relying-party.js'

const simulator = await start()
const names = faultTable.flatMap((row) => row.names)
afterEach(() => simulator.clearFaults())

/** A value for each fault that has no standard one. */
function sampleOf(name: string): unknown {
  const row = faultTable.find((candidate) => candidate.names.includes(name))
  return row?.description.standard === undefined ? {} : undefined
}

async function discover() {
  const response = await fetch(reach(simulator, '/.well-known/openid-configuration'))
  return { status: response.status, body: await response.text() }
}

describe('the table of faults', () => {
  test('has each name once, every way of sending for every endpoint, every spoiling for every token', () => {
    expect(new Set(names).size).toBe(names.length)
    for (const endpoint of endpoints) expect(names).toContain(`${endpoint}.hang`)
    for (const artefact of artefacts) expect(names).toContain(`${artefact}Claims`)
  })

  test.each(names)('can switch %s on and off', (name) => {
    const sample =
      name === 'idToken' || name === 'logoutToken' || name === 'signedUserInfo' ? 'x' : sampleOf(name)
    const value = name.endsWith('Payload') ? 'x' : sample
    expect(() => simulator.setFault(name as FaultName, value as never)).not.toThrow()
    expect(() => simulator.clearFaults(name as FaultName)).not.toThrow()
  })

  test.each(names)('does not let %s take a value that is no value of its', (name) => {
    expect(() => simulator.setFault(name as FaultName, Symbol('no value') as never)).toThrow(
      new RegExp(`the fault '${name}' takes: `),
    )
  })

  test('says so when there is no such fault', () => {
    expect(() => simulator.setFault('token.hangs' as FaultName)).toThrow("there is no fault 'token.hangs'")
    expect(() => simulator.clearFaults('token.hangs' as FaultName)).toThrow("there is no fault 'token.hangs'")
  })

  test('says so when a value is needed', () => {
    expect(() => simulator.setFault('idTokenClaims')).toThrow(
      "the fault 'idTokenClaims' needs a value: object",
    )
  })
})

describe('a fault', () => {
  test('applies until it is cleared', async () => {
    simulator.setFault('discovery.status', 503)
    expect((await discover()).status).toBe(503)
    expect((await discover()).status).toBe(503)
    simulator.clearFaults('discovery.status')
    expect((await discover()).status).toBe(200)
  })

  test('applies as many times as it is told', async () => {
    simulator.setFault('discovery.status', 503, { times: 2 })
    expect((await discover()).status).toBe(503)
    expect((await discover()).status).toBe(503)
    expect((await discover()).status).toBe(200)
    expect(() => simulator.setFault('discovery.status', 503, { times: 0 })).toThrow('cannot apply 0 times')
  })

  test('can be cleared alone, or with all others', async () => {
    simulator.setFault('discovery.truncate')
    simulator.setFault('discovery.status', 500)
    simulator.clearFaults('discovery.truncate')
    expect((await discover()).status).toBe(500)
    simulator.clearFaults()
    expect((await discover()).status).toBe(200)
  })

  test('leaves other endpoints alone', async () => {
    simulator.setFault('jwks.status', 500)
    expect((await discover()).status).toBe(200)
  })
})
