import { createHash } from 'node:crypto'
import { request } from 'node:http'
import type { Response } from 'express'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import type { AppSettings } from '../support/app.js'
import { joinSimulator, logIn, type Journey } from '../support/login.js'
import { describeWithEveryStore } from '../support/stores/describe-with-every-store.js'

// What a page keeps open ends with the login, as docs/sessions.md shows it.

let simulator: Simulator
let journey: Journey
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
afterEach(() => journey.close())

/** Opens the stream and resolves, at its first byte, with a promise of its end. */
function open(path: string): Promise<{ ended: Promise<void> }> {
  const { app, browser } = journey
  const headers = {
    cookie: browser.cookieHeader(app.baseUrl),
    accept: 'text/event-stream',
    'sec-fetch-mode': 'cors',
  }
  return new Promise((resolve, reject) => {
    request(app.baseUrl + path, { headers, agent: false }, (answer) => {
      expect(answer.statusCode).toBe(200)
      const ended = new Promise<void>((end) => answer.once('close', end))
      answer.once('data', () => resolve({ ended }))
      answer.resume()
    })
      .once('error', reject)
      .end()
  })
}

const sessionHash = (sessionId: string): string => createHash('sha256').update(sessionId).digest('base64url')

const after: AppSettings['after'] = (app, cis2) => {
  const streams = new Map<string, Response>()
  cis2.events.on('logout.succeeded', (event) => streams.get(event.sessionHash ?? '')?.end())
  cis2.events.on('back_channel_logout.received', ({ sessionHashes }) => {
    for (const hash of sessionHashes) streams.get(hash)?.end()
  })
  app.get('/stream', (req, res) => {
    streams.set(sessionHash(req.sessionID), res)
    res.type('text/event-stream').write('data: begun\n\n')
  })
  app.get('/asking-stream', (req, res) => {
    res.type('text/event-stream').write('data: begun\n\n')
    const timer = setInterval(() => {
      req.session.reload((error: unknown) => {
        if (error || !req.cis2.isLoggedIn) res.end()
      })
    }, 20)
    res.once('close', () => clearInterval(timer))
  })
}

const endings: readonly [string, () => Promise<unknown>][] = [
  ['the person', () => journey.browser.clone().post(`${journey.app.baseUrl}/cis2/logout`, {})],
  [
    'CIS2',
    async () => {
      const body = new URLSearchParams({ logout_token: await simulator.createLogoutToken() })
      return await fetch(`${journey.app.url}/cis2/back-channel-logout`, { method: 'POST', body })
    },
  ],
]

describeWithEveryStore('an open stream', (source) => {
  it.each(
    endings.flatMap(([who, end]) => ['/stream', '/asking-stream'].map((path) => [path, who, end] as const)),
  )('at %s ends when the login is ended by %s', async (path, _who, end) => {
    journey = await joinSimulator(simulator, { sessionOptions: { store: await source().empty() }, after })
    await logIn(journey)
    const { ended } = await open(path)
    await end()
    await ended
    expect((await journey.browser.get(`${journey.app.baseUrl}/private`)).status).toBe(302)
  })
})
