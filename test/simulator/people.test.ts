import { decodeJwt } from 'jose'
import { rolesOf, type Person } from '../../lib/simulator/people/person.js'
import { buildPeople } from '../../lib/simulator/people/people.js'
import { createPartyKey, logInFully, reach, start, startRelyingParty } from './relying-party.js'

const people = buildPeople()
const byKey = (key: string): Person | undefined => people.find((person) => person.key === key)

test('there are people for every case a service meets', () => {
  expect(people.map(({ key }) => key)).toEqual([
    'nurse',
    'doctor-many-roles',
    'pharmacist',
    'receptionist',
    'aal2-only',
    'low-identity',
    'no-role',
    'empty-role-list',
    'no-organisation-name',
    'blank-selected-role',
    'unknown-selected-role',
    'very-long-role-list',
    'single-object',
    'absent-arrays',
    'repeated-role',
    'integer-levels',
    'awkward-text',
  ])
})

test('everyone has a 12-digit id of their own in the invented range', () => {
  for (const { claims } of people) expect(claims.sub).toMatch(/^555\d{9}$/)
  expect(new Set(people.map(({ claims }) => claims.sub)).size).toBe(people.length)
})

test('the person with a very long role list has 60 different roles', () => {
  const person = byKey('very-long-role-list')
  expect(person && new Set(rolesOf(person).map(({ id }) => id)).size).toBe(60)
})

test('an organisation without a name is called by its code', () => {
  const person = byKey('no-organisation-name')
  expect(person && rolesOf(person)[0]?.organisation).toBe('A9A5A')
})

test('levels are text for most and numbers for one', async () => {
  const key = await createPartyKey('party')
  const [simulator, party] = await Promise.all([start(), startRelyingParty([key])])
  const usual = await logInFully(simulator, party, key)
  expect(decodeJwt(String(usual.body.id_token))).toMatchObject({
    id_assurance_level: '3',
    authentication_assurance_level: '3',
  })
  const odd = await logInFully(simulator, party, key, 'integer-levels')
  expect(decodeJwt(String(odd.body.id_token))).toMatchObject({
    id_assurance_level: 3,
    authentication_assurance_level: 3,
  })
})

test("people of one's own join the others, and replace one with the same key", async () => {
  const key = await createPartyKey('party')
  const claims = { sub: '555000000901', nhsid_nrbac_roles: 'not a list', hair: 'green' }
  const own = { key: 'own', description: 'of this test', claims, idTokenClaims: { acr: undefined } }
  const nurse = { key: 'nurse', description: 'another nurse', claims: { sub: '555000000902' } }
  const [simulator, party] = await Promise.all([start({ people: [own, nurse] }), startRelyingParty([key])])
  expect(simulator.people).toHaveLength(people.length + 1)
  const { body } = await logInFully(simulator, party, key, 'own', { scope: 'openid nationalrbacaccess' })
  expect(decodeJwt(String(body.id_token))).not.toHaveProperty('acr')
  const headers = { authorization: `Bearer ${body.access_token}` }
  expect(await (await fetch(reach(simulator, '/userinfo'), { headers })).json()).toEqual(claims)
  const other = await logInFully(simulator, party, key, 'nurse')
  expect(decodeJwt(String(other.body.id_token)).sub).toBe('555000000902')
})
