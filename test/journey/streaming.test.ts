import { request, type IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Express, Response } from 'express'
import { requireLogin } from '../../lib/index.js'
import { logIn, startJourney, type Journey } from '../support/login.js'

const thisFile = fileURLToPath(import.meta.url)

let journey: Journey
/** The answer that waits to be continued. */
let open: Response | undefined
afterEach(() => journey.close())

async function start(after: (app: Express) => void): Promise<void> {
  journey = await startJourney({
    // Every answer carries the session's cookie again, a streamed one too.
    sessionOptions: { rolling: true },
    mount: (app, cis2) => {
      app.use((_req, res, next) => {
        res.locals['behindSession'] = methodsOf(res)
        next()
      })
      app.use(cis2.router())
      after(app)
    },
  })
  expect((await logIn(journey)).status).toBe(303)
}

function methodsOf({ end, write, writeHead, setHeader, flushHeaders }: Response): readonly unknown[] {
  return [end, write, writeHead, setHeader, flushHeaders]
}

/** The answer as soon as its headers are there. */
function begin(path: string): Promise<IncomingMessage> {
  const { baseUrl } = journey.app
  const headers = { cookie: journey.browser.cookieHeader(`${baseUrl}${path}`), accept: 'text/html' }
  return new Promise((resolve, reject) => {
    request(`${baseUrl}${path}`, { headers, agent: false }, resolve).on('error', reject).end()
  })
}

const nextChunk = (incoming: IncomingMessage): Promise<string> =>
  new Promise((resolve) => incoming.once('data', (chunk: Buffer) => resolve(chunk.toString())))

describe('an answer of somebody who is logged in', () => {
  it.each(['text/event-stream', 'text/html'])('is sent as it is written: %s', async (type) => {
    await start((app) => {
      app.get('/stream', requireLogin(), (_req, res) => {
        open = res
        res.type(type)
        res.write('first\n')
      })
    })
    const incoming = await begin('/stream')
    expect(incoming.headers['set-cookie']?.[0]).toMatch(/^connect\.sid=/)
    expect(incoming.headers['cache-control']).toBe('no-store')
    // It arrives although the answer has not ended: nothing between holds it back.
    expect(await nextChunk(incoming)).toBe('first\n')
    open?.write('second\n')
    expect(await nextChunk(incoming)).toBe('second\n')
    open?.end()
    await new Promise((resolve) => incoming.resume().once('end', resolve))
    expect((await journey.browser.get(`${journey.app.baseUrl}/private`)).status).toBe(200)
  })

  it('may be a file', async () => {
    await start((app) => void app.get('/file', requireLogin(), (_req, res) => res.sendFile(thisFile)))
    const page = await journey.browser.get(`${journey.app.baseUrl}/file`)
    expect([page.status, page.headers['accept-ranges']]).toEqual([200, 'bytes'])
    expect(page.text).toContain('may be a file')
    expect(page.cookies[0]).toMatch(/^connect\.sid=/)
  })

  it('is ended by nobody but the application: no method of it is replaced', async () => {
    await start((app) => {
      app.get('/methods', requireLogin(), (_req, res) => {
        const now = methodsOf(res)
        res.json(now.map((method, index) => method === (res.locals['behindSession'] as unknown[])[index]))
      })
    })
    const page = await journey.browser.get(`${journey.app.baseUrl}/methods`)
    expect(JSON.parse(page.text)).toEqual([true, true, true, true, true])
  })
})
