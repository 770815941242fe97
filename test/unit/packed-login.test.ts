import { deflateRawSync } from 'node:zlib'
import { packLogin, unpackLogin } from '../../lib/session/packed-login.js'
import { usualPeople } from '../../lib/simulator/people/usual-people.js'
import { PeopleCache } from '../../lib/session/people-cache.js'

const part = (claims: unknown): string => Buffer.from(JSON.stringify(claims)).toString('base64url')

const claimsOf = (sub: string) => ({
  sub,
  name: 'Zoë',
  auth_time: 1,
  id_assurance_level: '3',
  authentication_assurance_level: '3',
})

function login(sub: string, userInfo?: Record<string, unknown>) {
  const idToken = `${part({ alg: 'RS256' })}.${part(claimsOf(sub))}.c2lnbmF0dXJl`
  return { tokens: { idToken, accessToken: 'access', expiresAt: 5 }, ...(userInfo ? { userInfo } : {}) }
}

const pack = (json: string): string => deflateRawSync(json).toString('base64')

const unreadable: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['no base64', '%%%'],
  ['no deflated text', Buffer.from('plain').toString('base64')],
  ['half of it', packLogin(login('1')).slice(0, 40)],
  ['no JSON', pack('{')],
  ['JSON of another shape', pack('{"version":2}')],
  ['JSON null', pack('null')],
  ['a list of nulls', pack('[null,null,null,null,null]')],
  ['claims that are no JSON', pack('[{},"e30","{","x"]')],
  ['more than 8 MiB', pack(`[{},"e30","{}","x",${' '.repeat(9 * 1024 * 1024)}null]`)],
]

describe('a packed login', () => {
  it.each([
    ['with UserInfo', { sub: '1', name: 'Zoë' }],
    ['without', undefined],
  ])('comes back byte for byte, %s', (_what, userInfo) => {
    const brought = login('1', userInfo)
    expect(unpackLogin(packLogin(brought))).toEqual({
      ...brought,
      idTokenClaims: claimsOf('1'),
      characters: expect.any(Number),
    })
  })

  it.each(unreadable)('that cannot be read is none: %s', (_what, packed) => {
    expect(unpackLogin(packed)).toBeUndefined()
  })

  it('of an earlier release is read by this one', () => {
    // Were this to fail, everybody would have to log in anew: change the test only with the version of the record.
    const packed =
      'i0YvfCHFKLSowyza8oJMk509zTyzCyLCnL0ssRdxyZnFRnqpFYm5BaAYRiqITE1NDaDAEE/JQVTxUAtK3UY5eUm5bgYpEV45SjrV0JyPbAuWzI8mjTU31sYCAA=='
    expect(unpackLogin(packed)).toMatchObject({
      tokens: { accessToken: 'access' },
      idTokenClaims: { iss: 'https://cis2.example', acr: 'AAL3_ANY' },
      userInfo: { nhsid_useruid: '555000000001', idassurancelevel: '3' },
    })
  })

  it('of one role takes little space too, for CIS2 says much the same of everybody', () => {
    const userInfo = usualPeople[0]?.claims
    const nurse = login('555000000001', { ...userInfo })
    expect(packLogin(nurse).length).toBeLessThan(pack(JSON.stringify(nurse)).length * 0.7)
  })

  it('takes many roles in little space', () => {
    const role = { role_code: 'S8000:G8000:R8001', org_code: 'A9A5A', activities: ['Perform Prescription'] }
    const userInfo = { sub: '1', nhsid_nrbac_roles: Array.from({ length: 500 }, () => role) }
    expect(packLogin(login('1', userInfo)).length).toBeLessThan(JSON.stringify(userInfo).length / 10)
  })
})

describe('the people in use', () => {
  it.each(unreadable)('are nobody when the login cannot be read: %s', (_what, packed) => {
    expect(new PeopleCache().get(packed)).toBeUndefined()
  })

  it('are nobody when the claims are not about a person', () => {
    const roles = Array.from({ length: 1001 }, () => ({}))
    expect(
      new PeopleCache().get(packLogin(login('1', { sub: '1', nhsid_nrbac_roles: roles }))),
    ).toBeUndefined()
  })

  it('are parsed once and cannot be changed', () => {
    const people = new PeopleCache()
    const packed = packLogin(login('1', { sub: '1', nhsid_nrbac_roles: [{ person_roleid: '2' }] }))
    const user = people.get(packed)
    expect(user).toMatchObject({ sub: '1' })
    expect(people.get(packed)).toBe(user)
    expect(Object.isFrozen(user) && Object.isFrozen(user?.roles) && Object.isFrozen(user?.roles[0])).toBe(
      true,
    )
  })

  it('are a thousand at most: who was not seen for longest goes first', () => {
    const people = new PeopleCache()
    const packed = Array.from({ length: 1001 }, (_, index) => packLogin(login(String(index))))
    const [first = '', second = ''] = packed
    const known = packed.slice(0, 1000).map((each) => people.get(each))
    expect(people.get(first)).toBe(known[0])
    people.get(packed[1000] ?? '')
    expect(people.get(first)).toBe(known[0])
    expect(people.get(second)).not.toBe(known[1])
    expect(people.get(second)).toEqual(known[1])
  })

  it('take a bounded space: very long ones are parsed anew', () => {
    const people = new PeopleCache()
    const long = packLogin(login('1', { sub: '1', note: 'x'.repeat(300_000) }))
    expect(people.get(long)).not.toBe(people.get(long))
    const packed = Array.from({ length: 41 }, (_, index) =>
      packLogin(login(String(index), { sub: String(index), note: 'x'.repeat(100_000) })),
    )
    const [first = ''] = packed
    const known = packed.map((each) => people.get(each))
    expect(people.get(packed[40] ?? '')).toBe(known[40])
    expect(people.get(first)).not.toBe(known[0])
  })

  it('are let go of when their login ends', () => {
    const people = new PeopleCache()
    const packed = packLogin(login('1'))
    const known = people.get(packed)
    people.forget(packed)
    expect(people.get(packed)).not.toBe(known)
  })
})
