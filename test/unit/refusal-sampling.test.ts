import { jest } from '@jest/globals'
import { Cis2EventEmitter, type Cis2Event } from '../../lib/events.js'
import { RefusalSampling } from '../../lib/refusal-sampling.js'

// Ten thousand of a kind do not flood the log, and none is lost from the count.

afterEach(() => jest.restoreAllMocks())

const refusal = {
  reference: 'R',
  route: 'callback',
  outcome: 'failure',
  reason: 'ERR_CIS2_STATE_UNKNOWN',
} as const

describe('the audit stream in a flood', () => {
  it('tells the first hundred of a kind, then one in a hundred with how many were left out', () => {
    const events = new Cis2EventEmitter()
    const told: Cis2Event[] = []
    events.on('login.failed', (event) => told.push(event))
    for (let i = 0; i < 10_000; i++) events.emit('login.failed', refusal)
    expect(told).toHaveLength(100 + 99)
    expect(told.slice(0, 100).every((event) => !('leftOut' in event))).toBe(true)
    expect(told.slice(100).every(({ leftOut }) => leftOut === 99)).toBe(true)
  })

  it('tells the first of another name, reason or person, and all that was let in or out', () => {
    const events = new Cis2EventEmitter()
    const told: Cis2Event[] = []
    for (const name of ['login.failed', 'logout.failed', 'logout.succeeded'] as const)
      events.on(name, (event: Cis2Event) => told.push(event))
    for (let i = 0; i < 250; i++) events.emit('login.failed', refusal)
    told.length = 0
    events.emit('login.failed', { ...refusal, reason: 'ERR_CIS2_ATTEMPT_USED' })
    events.emit('login.failed', { ...refusal, sub: '555000000001' })
    events.emit('logout.failed', refusal)
    expect(told).toHaveLength(3)
    const { reason: _, ...success } = { ...refusal, outcome: 'success' } as const
    for (let i = 0; i < 1000; i++) events.emit('logout.succeeded', success)
    expect(told).toHaveLength(1003)
  })

  it('begins afresh after a minute, and says what the minute before left out', () => {
    const start = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(start)
    const sampling = new RefusalSampling()
    const sample = (): number | undefined => sampling.sample('kind')
    for (let i = 0; i < 150; i++) sample()
    clock.mockReturnValue(start + 59_999)
    expect(sample()).toBeUndefined()
    clock.mockReturnValue(start + 60_000)
    expect([sample(), sample()]).toEqual([51, 0])
    for (let i = 0; i < 150; i++) sample()
    clock.mockReturnValue(start - 3600_000)
    expect(sample()).toBe(52)
  })

  it('forgets kinds that have not been seen for long', () => {
    const sampling = new RefusalSampling()
    for (let i = 0; i < 150; i++) sampling.sample('first')
    for (let i = 0; i < 999; i++) sampling.sample(`other ${i}`)
    expect(sampling.sample('first')).toBeUndefined()
    for (let i = 0; i < 1000; i++) sampling.sample(`another ${i}`)
    expect(sampling.sample('first')).toBe(0)
  })
})
