import { runInNewContext } from 'node:vm'
import { jest } from '@jest/globals'
import { Cis2EventEmitter, type Cis2Event } from '../../lib/events.js'

const event = { reference: 'ABCD-1234', route: 'login', outcome: 'success' } as const

describe('the audit stream', () => {
  it('hands every listener the event with its time, in order', () => {
    const events = new Cis2EventEmitter()
    const heard: [string, Cis2Event][] = []
    events
      .on('login.started', (each) => heard.push(['first', each]))
      .on('login.started', (each) => heard.push(['second', each]))
    events.emit('login.started', event)
    expect(heard.map(([who]) => who)).toEqual(['first', 'second'])
    expect(heard[0]?.[1]).toEqual({ ...event, time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) })
  })

  it('keeps the names apart', () => {
    const events = new Cis2EventEmitter()
    const listener = jest.fn()
    events.on('login.failed', listener)
    events.emit('login.started', event)
    expect(listener).not.toHaveBeenCalled()
  })

  it('hands out an event that no listener can change for the next', () => {
    const events = new Cis2EventEmitter()
    const heard: Cis2Event[] = []
    events.on('login.started', (each) => {
      each.reference = 'forged'
    })
    events.on('login.started', (each) => heard.push(each))
    events.emit('login.started', event)
    expect(heard).toMatchObject([event])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('listener')
      },
    ],
    ['rejects', () => Promise.reject(new Error('listener'))],
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ],
    [
      'returns a thenable that throws',
      () => ({
        then: () => {
          throw new Error('listener')
        },
      }),
    ],
    [
      'rejects with a promise of another realm',
      () => runInNewContext('Promise.reject(new Error())') as unknown,
    ],
    [
      'returns a thenable that rejects',
      () => ({ then: (_: unknown, reject: (error: Error) => void) => reject(new Error('listener')) }),
    ],
    ['never settles', () => new Promise(() => undefined)],
  ] as [string, () => unknown][])('goes on when a listener %s', async (_how, faulty) => {
    const unhandled = jest.fn()
    process.on('unhandledRejection', unhandled)
    try {
      const events = new Cis2EventEmitter()
      const listener = jest.fn()
      events.on('login.started', faulty).once('login.started', faulty).on('login.started', listener)
      expect(() => events.emit('login.started', event)).not.toThrow()
      await new Promise((resolve) => setImmediate(resolve))
      expect(listener).toHaveBeenCalledTimes(1)
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('canary')
      },
    ],
    ['rejects', () => Promise.reject(new Error('canary'))],
  ] as [string, () => unknown][])(
    'warns once of a listener that %s, by its name alone',
    async (_how, faulty) => {
      const events = new Cis2EventEmitter()
      const warned = jest.fn()
      events.on('login.started', faulty).on('login.succeeded', faulty)
      events.emit('login.started', event)
      await new Promise((resolve) => setImmediate(resolve))
      events.on('configuration.warning', warned)
      events.emit('login.started', { ...event, reference: 'EFGH-5678' })
      await new Promise((resolve) => setImmediate(resolve))
      expect(warned.mock.calls).toEqual([
        [
          {
            time: expect.any(String) as string,
            reference: 'ABCD-1234',
            route: 'login',
            outcome: 'failure',
            reason: 'ERR_CIS2_LISTENER',
            option: 'events.login.started',
            message: expect.stringMatching(/^a listener of login\.started threw or rejected/) as string,
          },
        ],
      ])
      expect(JSON.stringify(warned.mock.calls)).not.toContain('canary')
    },
  )

  it('is not silenced, and does not go round, when listeners of warnings fail themselves', async () => {
    const events = new Cis2EventEmitter()
    const listener = jest.fn(() => Promise.reject(new Error('listener')))
    events.on('configuration.warning', () => {
      throw new Error('listener')
    })
    events.on('configuration.warning', listener).on('login.started', listener)
    events.emit('login.started', event)
    await new Promise((resolve) => setImmediate(resolve))
    // What began, and the one warning about it.
    expect(listener).toHaveBeenCalledTimes(2)
  })

  it('calls a once() listener once, also when it throws', () => {
    const events = new Cis2EventEmitter()
    const listener = jest.fn(() => {
      throw new Error('listener')
    })
    events.once('login.started', listener)
    events.emit('login.started', event)
    events.emit('login.started', event)
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('stops calling a listener that is taken off, added with on() or once()', () => {
    const events = new Cis2EventEmitter()
    const listener = jest.fn()
    events.on('login.started', listener).off('login.started', listener)
    events.once('login.started', listener).off('login.started', listener)
    events.off('login.failed', listener)
    events.emit('login.started', event)
    expect(listener).not.toHaveBeenCalled()
  })

  it('lets a listener take itself off, and another on, in the middle', () => {
    const events = new Cis2EventEmitter()
    const later = jest.fn()
    const self = (): void => void events.off('login.started', self).on('login.started', later)
    const last = jest.fn()
    events.on('login.started', self).on('login.started', last)
    events.emit('login.started', event)
    expect(last).toHaveBeenCalledTimes(1)
    expect(later).not.toHaveBeenCalled()
    events.emit('login.started', event)
    expect(later).toHaveBeenCalledTimes(1)
  })

  it('says nothing on the terminal however many listeners it has', async () => {
    const warned = jest.fn()
    process.on('warning', warned)
    try {
      const events = new Cis2EventEmitter()
      for (let count = 0; count < 50; count++) events.on('login.started', () => undefined)
      await new Promise((resolve) => setImmediate(resolve))
      expect(warned).not.toHaveBeenCalled()
    } finally {
      process.off('warning', warned)
    }
  })

  describe('keeps warnings of the start', () => {
    const warning = (message: string) => ({ ...event, option: 'prompt', message })
    const [first, second, third] = ['first', 'second', 'third'].map(warning)

    it('until somebody listens, and tells them once', () => {
      const events = new Cis2EventEmitter()
      const listener = jest.fn()
      events.warn([warning('first'), warning('second')])
      events.on('login.started', jest.fn()).on('configuration.warning', listener)
      events.on('configuration.warning', jest.fn())
      expect(listener.mock.calls).toMatchObject([[first], [second]])
    })

    it('that a once() listener did not hear for the next listener', () => {
      const events = new Cis2EventEmitter()
      const [once, later] = [jest.fn(), jest.fn()]
      events.warn([warning('first'), warning('second')])
      events.once('configuration.warning', once)
      events.warn([warning('third')])
      events.on('configuration.warning', later)
      expect(once.mock.calls).toMatchObject([[first]])
      expect(later.mock.calls).toMatchObject([[second], [third]])
    })
  })
})
