import type { CookieOptions, SessionOptions } from 'express-session'
import { startSimulator, type Simulator } from '../../lib/simulator/index.js'
import { findSessionCookie, clearSessionCookie } from '../../lib/session/session-cookie.js'
import type { SessionRequest } from '../../lib/session/session-request.js'
import { joinSimulator, logIn, startPublicJourney, type Journey } from '../support/login.js'

// A cookie is forgotten only with the name and the attributes it was set with.

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())

const lax = { httpOnly: true, sameSite: 'lax' } as const
const attributesOf = (cookie: string | undefined): string[] =>
  (cookie ?? '')
    .split('; ')
    .slice(1)
    .filter((each) => !/^(?:Expires|Max-Age)=/i.test(each))
    .toSorted()

async function setAndCleared(journey: Journey, name: string): Promise<(string | undefined)[]> {
  const pages = [await logIn(journey), await journey.browser.post(`${journey.app.baseUrl}/cis2/logout`, {})]
  return pages.map(({ cookies }) => cookies.find((each) => each.startsWith(`${name}=`)))
}

describe('the session cookie', () => {
  it.each<
    readonly [string, Partial<SessionOptions> & { cookie?: CookieOptions & { partitioned?: boolean } }]
  >([
    ['as it comes', {}],
    ['with another name', { name: 'session' }],
    ['with a name of odd letters', { name: 'a!b' }],
    ['for a domain', { cookie: { ...lax, domain: '127.0.0.1' } }],
    ['for a path', { cookie: { ...lax, path: '/' } }],
    ['that scripts can read', { cookie: { httpOnly: false } }],
    ['that other sites never send', { cookie: { httpOnly: true, sameSite: 'strict' } }],
    ['strict in another spelling', { cookie: { httpOnly: true, sameSite: true } }],
    ['without SameSite', { cookie: { httpOnly: true } }],
    ['whose security is found out', { cookie: { ...lax, secure: 'auto' } }],
    ['with an end', { cookie: { ...lax, maxAge: 3_600_000 } }],
    ['that every answer renews', { rolling: true, cookie: { ...lax, maxAge: 3_600_000 } }],
  ])('is cleared %s', async (_what, sessionOptions) => {
    const journey = await joinSimulator(simulator, { sessionOptions })
    const name = sessionOptions.name ?? 'connect.sid'
    const [set, cleared] = await setAndCleared(journey, name)
    expect(cleared).toMatch(/=;.*Expires=Thu, 01 Jan 1970/)
    expect(attributesOf(cleared)).toEqual(attributesOf(set))
    expect(journey.browser.cookies(journey.app.baseUrl).map((each) => each.name)).not.toContain(name)
    await journey.close()
  })

  it.each<readonly [string, Partial<SessionOptions>]>([
    ['protected by its name', { name: '__Host-id', cookie: { ...lax, secure: true } }],
    [
      'for other sites, by what the connection is',
      { cookie: { httpOnly: true, secure: 'auto', sameSite: 'none' } },
    ],
  ])('is cleared on https, %s', async (_what, sessionOptions) => {
    const journey = await startPublicJourney({ sessionOptions })
    const [set, cleared] = await setAndCleared(journey, sessionOptions.name ?? 'connect.sid')
    expect(attributesOf(cleared)).toEqual(attributesOf(set))
    expect(attributesOf(cleared)).toContain('Secure')
    await journey.close()
  })
})

describe('finding the session cookie', () => {
  const request = (cookie: string | undefined, more: object = {}): SessionRequest =>
    Object.assign(Object.create(null) as SessionRequest, {
      headers: { cookie },
      sessionID: 'id',
      session: { cookie: { ...more } },
    })

  it.each<readonly [string, string | undefined, string | undefined]>([
    ['no cookie', undefined, undefined],
    ['one that is not it', 'a=b; c', undefined],
    ['one of another session', 'sid=s%3Aidentity.signature', undefined],
    ['it, encoded', 'a=b; sid=s%3Aid.signature', 'sid'],
    ['it, as it is', 'sid=s:id.signature', 'sid'],
    ['one that does not decode', 'x=%; sid=s:id.signature', 'sid'],
    ['two of one name', 'sid=s:other.signature; sid=s:id.signature', 'sid'],
  ])('finds in %s what is there', (_what, header, name) => {
    expect(findSessionCookie(request(header))?.name).toBe(name)
  })

  it('finds nothing where there is no session', () => {
    const headers = { cookie: 'sid=s:id.signature' }
    expect(findSessionCookie({ headers } as SessionRequest)).toBeUndefined()
    expect(findSessionCookie({ headers, sessionID: 'id' } as SessionRequest)).toBeUndefined()
  })

  it('takes the attributes that express-session set it with, and the safe ones for what it does not say', () => {
    const found = (more: object) => findSessionCookie(request('sid=s:id.x', more))?.attributes
    expect(found({})).toEqual({ path: '/', httpOnly: true, secure: false })
    expect(
      found({
        path: '/a',
        httpOnly: false,
        secure: true,
        domain: 'example',
        sameSite: 'none',
        partitioned: true,
      }),
    ).toEqual({
      path: '/a',
      httpOnly: false,
      secure: true,
      domain: 'example',
      sameSite: 'none',
      partitioned: true,
    })
  })

  it('clears nothing that is not there, nor when the answer has begun', () => {
    const cleared: string[] = []
    const response = (headersSent: boolean) => ({
      headersSent,
      clearCookie: (name: string) => cleared.push(name),
    })
    const cookie = findSessionCookie(request('sid=s:id.x'))
    clearSessionCookie(response(false), undefined)
    clearSessionCookie(response(true), cookie)
    expect(cleared).toEqual([])
    clearSessionCookie(response(false), cookie)
    expect(cleared).toEqual(['sid'])
  })
})
