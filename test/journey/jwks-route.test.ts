import express, { type Express } from 'express'
import session from 'express-session'
import supertest from 'supertest'
import { createCis2, requireLogin, type Cis2 } from '../../lib/index.js'
import { testKeys, testSecret } from '../support/keys.js'

class BrokenStore extends session.MemoryStore {
  override get = (_sid: string, done: (error: unknown) => void): void => done(new Error('store down'))
  override set = (_sid: string, _data: unknown, done?: (error: unknown) => void): void =>
    done?.(new Error('store down'))
}

// Nobody listens there: CIS2 is down.
const issuer = 'http://127.0.0.1:9/realm'

function make(
  settings: { store?: session.Store; standsFirst?: boolean; hasSession?: boolean; path?: string } = {},
): { app: Express; cis2: Cis2 } {
  const { path = '/cis2/jwks' } = settings
  const cis2 = createCis2({
    issuer,
    clientId: testKeys.clientId,
    baseUrl: 'https://rp.sim.test',
    secret: testSecret,
    jwks: testKeys.jwks,
    routes: { jwks: path },
  })
  const app = express()
  if (settings.standsFirst) app.use(path, cis2.jwks())
  if (settings.hasSession !== false) {
    const store = settings.store ? { store: settings.store } : {}
    app.use(session({ secret: testSecret, resave: false, saveUninitialized: true, ...store }))
  }
  app.use(cis2.router())
  return { app, cis2 }
}

describe('the key set route', () => {
  it('answers with the public keys and their ids, and nothing private', async () => {
    const answer = await supertest(make().app).get('/cis2/jwks')
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers['cache-control']).toBe('public, max-age=300')
    const { keys } = JSON.parse(answer.text) as { keys: object[] }
    const [{ kty, n, e, kid }] = testKeys.jwks.keys as [(typeof testKeys.jwks.keys)[number]]
    expect(keys).toEqual([{ kty, n, e, kid, use: 'sig', alg: 'RS512' }])
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
      expect(keys[0]).not.toHaveProperty(member)
  })

  it('answers HEAD as GET without a body', async () => {
    const { app } = make()
    const [get, head] = [await supertest(app).get('/cis2/jwks'), await supertest(app).head('/cis2/jwks')]
    expect(head.status).toBe(200)
    expect(head.text ?? '').toBe('')
    for (const name of ['content-type', 'content-length', 'etag', 'cache-control'])
      expect(head.headers[name]).toBe(get.headers[name])
  })

  it.each([
    (etag: string): string => etag,
    (etag: string): string => `W/${etag}`,
    (etag: string): string => `"other", ${etag}`,
    (): string => '*',
  ])('answers 304 to a copy that is still good (%#)', async (tags) => {
    const { app } = make()
    const { headers } = await supertest(app).get('/cis2/jwks')
    const again = await supertest(app)
      .get('/cis2/jwks')
      .set('if-none-match', tags(headers['etag'] ?? ''))
    expect({ status: again.status, text: again.text, etag: again.headers['etag'] }).toEqual({
      status: 304,
      text: '',
      etag: headers['etag'],
    })
  })

  it('answers in full to a copy that is not', async () => {
    const answer = await supertest(make().app).get('/cis2/jwks').set('if-none-match', '"other"')
    expect(answer.status).toBe(200)
  })

  it.each(['post', 'put', 'delete', 'patch'] as const)('refuses %s', async (method) => {
    const answer = await supertest(make().app)[method]('/cis2/jwks')
    expect(answer.status).toBe(405)
    expect(answer.headers['allow']).toBe('GET, HEAD')
  })

  it('needs no session middleware', async () => {
    expect((await supertest(make({ hasSession: false }).app).get('/cis2/jwks')).status).toBe(200)
  })

  it('standing first sets no cookie and outlives a broken store', async () => {
    const { app } = make({ standsFirst: true, store: new BrokenStore() })
    const answer = await supertest(app).get('/cis2/jwks').set('cookie', 'connect.sid=s%3Ax.y')
    expect(answer.status).toBe(200)
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('behind the session middleware sets no cookie either, and leaves the session alone', async () => {
    const store = new session.MemoryStore()
    const cis2 = make().cis2
    const app = express()
    const eager = { resave: true, rolling: true, saveUninitialized: true, unset: 'destroy' } as const
    app.use(session({ secret: testSecret, store, ...eager }))
    app.use(cis2.router())
    app.get('/', (_req, res) => void res.send('hello'))
    const [cookie = ''] = (await supertest(app).get('/')).headers['set-cookie'] ?? []
    const stored = JSON.stringify(Reflect.get(store, 'sessions'))
    const answer = await supertest(app)
      .get('/cis2/jwks')
      .set('cookie', cookie.split(';')[0] ?? '')
    expect(answer.status).toBe(200)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(JSON.stringify(Reflect.get(store, 'sessions'))).toBe(stored)
    expect(stored).toContain('cookie')
  })

  it('outlives a store that has lost its connection', async () => {
    const store = new session.MemoryStore()
    const { app } = make({ store })
    store.emit('disconnect')
    expect((await supertest(app).get('/cis2/jwks')).status).toBe(200)
  })

  it('is public though the application guards everything else', async () => {
    const { cis2 } = make()
    const app = express()
    app.use('/cis2/jwks', cis2.jwks())
    app.use(session({ secret: testSecret, resave: false, saveUninitialized: false }))
    app.use(cis2.authenticate(), requireLogin())
    app.get('/page', (_req, res) => void res.send('page'))
    expect((await supertest(app).get('/cis2/jwks')).status).toBe(200)
    expect((await supertest(app).get('/page')).status).toBe(401)
  })

  it('reflects no host header', async () => {
    const { app } = make()
    const plain = await supertest(app).get('/cis2/jwks')
    const answer = await supertest(app).get('/cis2/jwks').set({
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      origin: 'https://evil.example',
    })
    expect(answer.text).toBe(plain.text)
    expect(JSON.stringify(answer.headers)).not.toContain('evil')
  })

  it('answers the same bytes every time, until the keys are replaced', async () => {
    const { app, cis2 } = make()
    const answers = await Promise.all(Array.from({ length: 20 }, () => supertest(app).get('/cis2/jwks')))
    expect(new Set(answers.map(({ text, headers }) => text + String(headers['etag']))).size).toBe(1)
    const [first] = testKeys.jwks.keys
    cis2.setKeys({ keys: [{ ...first, kid: 'renamed' }] })
    const after = await supertest(app)
      .get('/cis2/jwks')
      .set('if-none-match', String(answers[0]?.headers['etag']))
    expect(after.status).toBe(200)
    expect((JSON.parse(after.text) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)).toEqual([
      'renamed',
    ])
  })

  it('keeps the old keys when new ones cannot be used', async () => {
    const { app, cis2 } = make()
    expect(() => cis2.setKeys({ keys: [] })).toThrow(/has no keys/)
    expect((await supertest(app).get('/cis2/jwks')).text).toContain(testKeys.jwks.keys[0]?.kid)
  })

  it('may have another path', async () => {
    const { app } = make({ path: '/.well-known/jwks.json' })
    expect((await supertest(app).get('/.well-known/jwks.json')).status).toBe(200)
    expect((await supertest(app).get('/cis2/jwks')).status).toBe(404)
  })
})
