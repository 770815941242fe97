import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Request, RequestHandler, Response } from 'express'
import {
  allOf,
  anyOf,
  Cis2Error,
  requireActivity,
  requireAssurance,
  requireLogin,
  requireOrganisation,
  requireRole,
  requireUser,
  requireWorkgroup,
} from '../../lib/index.js'
import { parseConfig } from '../../lib/config/config.js'
import { packLogin } from '../../lib/session/packed-login.js'
import { startApp, type RunningApp } from '../support/app.js'
import { fc } from '../support/fast-check.js'
import { script } from '../support/guarded-routes.js'
import { testKeys, testSecret } from '../support/keys.js'

// Sessions whose person, record or choice of a role nobody would write, in front of every guard: who is let in has
// what the guard asks for, by a reading of the payload that shares nothing with the library's.

const issuer = 'http://127.0.0.1:9/realm'
const sub = '555000000001'
const now = Math.floor(Date.now() / 1000)

/** What counts for a guard, read from the payload by this test. */
interface Reading {
  readonly level: number
  readonly authTime: number
  readonly ageSeconds: number
  /** The entry of the role list that the person works in, if it is clear which. */
  readonly role: object | undefined
}
type Wanted = (reading: Reading) => boolean

const own = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null && Object.hasOwn(of, name) ? Reflect.get(of, name) : undefined
const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
const says = ({ role, ageSeconds }: Reading, member: string, word: RegExp): boolean =>
  ageSeconds <= 3600 &&
  [own(role, member)].flat().some((value) => typeof value === 'string' && word.test(value.trim()))

const isNurse: Wanted = (reading) => says(reading, 'role_code', /^(?:(?:[^:]*:)*R8001(?::[^:]*)*)$/i)
const mayPrepare: Wanted = (reading) => says(reading, 'activity_codes', /^(?:B0278|B0058|B0420|B0440)$/i)
const isHere: Wanted = (reading) => says(reading, 'org_code', /^A9A5A$/i)

const guards: Readonly<Record<string, readonly [RequestHandler, Wanted]>> = {
  'a login': [requireLogin(), () => true],
  'a rule': [requireUser((user) => user.sub === sub), () => true],
  'a job role': [requireRole('R8001'), isNurse],
  'a whole role': [
    requireRole('S8000:G8000:R8001'),
    (reading) => says(reading, 'role_code', /^S8000:G8000:R8001$/i),
  ],
  'an activity': [requireActivity('B0278'), mayPrepare],
  'a child activity': [requireActivity('B0420'), (reading) => says(reading, 'activity_codes', /^B0420$/i)],
  'an organisation': [requireOrganisation('A9A5A'), isHere],
  'a workgroup': [
    requireWorkgroup('exampleteam'),
    (reading) =>
      says(reading, 'workgroups', /^exampleteam$/i) || says(reading, 'workgroups_codes', /^exampleteam$/i),
  ],
  'a level': [requireAssurance({ authentication: 3 }), ({ level }) => level >= 3],
  'a time': [requireAssurance({ maxAuthAgeSeconds: 600 }), ({ authTime }) => now - authTime <= 660],
  either: [
    anyOf(requireRole('R8001'), requireOrganisation('A9A5A')),
    (reading) => isNurse(reading) || isHere(reading),
  ],
  both: [
    allOf(requireActivity('B0278'), requireOrganisation('A9A5A')),
    (reading) => mayPrepare(reading) && isHere(reading),
  ],
}

let app: RunningApp
let agent: Agent
let session: unknown

beforeAll(async () => {
  agent = new Agent({ keepAlive: true })
  app = await startApp({
    issuer,
    errors: 'next',
    acrValues: ['AAL2_ANY'],
    minimumIdentityAssurance: 0,
    session: { idleTimeoutMinutes: 600 },
    role: { maximumAgeMinutes: 60 },
    mount: (app, cis2) => {
      app.use((req, _res, next) => {
        // Not enumerable: express-session does not save what only this request is to see.
        Object.defineProperty(req.session, 'cis2', { value: session, configurable: true, writable: true })
        next()
      })
      app.use(cis2.authenticate())
    },
    after: (app) => app.get('/ask', (req, res, next) => void askAll(req, res).catch(next)),
  })
})
afterAll(async () => {
  agent.destroy()
  await app.close()
})

/** Asks one guard after the other, and answers with what each of them did. */
async function askAll(req: Request, res: Response): Promise<void> {
  const verdicts: Record<string, string> = {}
  for (const [name, [guard]] of Object.entries(guards)) {
    const outcome = await new Promise<unknown>((resolve) => void guard(req, res, resolve))
    verdicts[name] =
      outcome === undefined
        ? 'let in'
        : outcome instanceof Cis2Error
          ? `${outcome.status} ${outcome.code}`
          : `another error: ${String(outcome)}`
  }
  res.json(verdicts)
}

async function ask(record: unknown): Promise<Readonly<Record<string, string>>> {
  session = record
  const answer = await new Promise<string>((resolve, reject) => {
    const outgoing = request(`${app.url}/ask`, { agent, headers: script }, (incoming) => {
      text(incoming).then(resolve, reject)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
  return JSON.parse(answer) as Readonly<Record<string, string>>
}

// Words that a guard asks for, and that only the right member of the right role may bring.
const words = ['R8001', 'r8001 ', 'S8000:G8000:R8001', 'B0278', 'B0420', 'A9A5A', 'exampleteam', '3', '1']
const scalar = fc.oneof(
  fc.constantFrom(...words),
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.double(),
)
const anything = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.jsonValue())
const word = fc.constantFrom(...words)
const texts = fc.oneof(word, fc.array(word, { maxLength: 3 }), anything)
/** Mostly the one, at times the other. */
const mostly = (one: fc.Arbitrary<unknown>, other: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 8, arbitrary: one }, { weight: 1, arbitrary: other })
const id = mostly(fc.constantFrom('1', '2'), anything)
const near = (right: string): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 1, arbitrary: fc.constantFrom(right, [right]) }, { weight: 2, arbitrary: texts })
const role = fc.record(
  {
    person_roleid: id,
    role_code: near('S8000:G8000:R8001'),
    activity_codes: near('B0420'),
    activities: texts,
    org_code: near('A9A5A'),
    person_orgid: texts,
    workgroups: near('exampleteam'),
    workgroups_codes: texts,
  },
  { requiredKeys: ['person_roleid', 'role_code', 'activity_codes', 'org_code'] },
)
const roles = mostly(fc.oneof(role, fc.array(role, { maxLength: 3 })), anything)
const claims = fc.record(
  {
    nhsid_nrbac_roles: roles,
    selected_roleid: fc.oneof(fc.constant(''), id),
    nhsid_user_orgs: roles,
    uid: mostly(fc.constant(sub), anything),
    role_code: texts,
    org_code: texts,
    ['__proto__']: fc.constant({ nhsid_nrbac_roles: [{ person_roleid: '1', role_code: 'R8001' }] }),
  },
  { requiredKeys: ['nhsid_nrbac_roles'] },
)
const token = fc
  .tuple(
    claims,
    fc.record(
      {
        sub: mostly(fc.constant(sub), anything),
        id_assurance_level: fc.constant('3'),
        authentication_assurance_level: mostly(fc.constantFrom('2', '3', 2, 3), anything),
        auth_time: mostly(fc.constantFrom(now, now - 60, now - 4000), anything),
      },
      { requiredKeys: ['sub', 'id_assurance_level', 'authentication_assurance_level', 'auth_time'] },
    ),
  )
  .map(([odd, sound]) => ({ ...odd, ...sound }))
const userInfo = claims.map((odd) => ({ ...odd, sub }))
const ages = fc.constantFrom(0, 60, 600, 3500, 3700, 20_000)

const clientTag = parseConfig({
  issuer,
  clientId: testKeys.clientId,
  baseUrl: 'http://127.0.0.1:9',
  secret: testSecret,
  jwks: testKeys.jwks,
}).clientTag
const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** The record as a login would have left it in the session. */
function recordOf(
  idTokenClaims: object,
  userInfoClaims: Record<string, unknown>,
  ageSeconds: number,
  roleId: unknown,
): Record<string, unknown> {
  const idToken = `${encode({ alg: 'RS256' })}.${encode(idTokenClaims)}.c2lnbmF0dXJl`
  return {
    version: 1,
    client: clientTag,
    sub,
    loggedInAt: now - ageSeconds,
    issuedAt: now - ageSeconds,
    lastSeenAt: now,
    login: packLogin({ tokens: { idToken }, userInfo: userInfoClaims }),
    ...(roleId === undefined ? {} : { roleId }),
  }
}

const numberOf = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN

function read(idToken: object, info: object, ageSeconds: number, roleId: unknown): Reading {
  const said = (name: string): unknown => (isBlank(own(idToken, name)) ? own(info, name) : own(idToken, name))
  const list = said('nhsid_nrbac_roles')
  const entries = new Map<string, object>()
  for (const entry of [list].flat()) {
    const entryId = Array.isArray(entry) ? undefined : own(entry, 'person_roleid')
    if (typeof entryId === 'string' && !isBlank(entryId) && !entries.has(entryId))
      entries.set(entryId, Object(entry) as object)
  }
  const chosen = roleId ?? said('selected_roleid')
  const [only, another] = entries.values()
  const role = isBlank(chosen)
    ? another === undefined
      ? only
      : undefined
    : typeof chosen === 'string'
      ? entries.get(chosen)
      : undefined
  return {
    level: numberOf(own(idToken, 'authentication_assurance_level')),
    authTime: numberOf(own(idToken, 'auth_time')),
    ageSeconds,
    role,
  }
}

function expectTypedRefusals(verdicts: Readonly<Record<string, string>>): void {
  expect(Object.keys(verdicts)).toEqual(Object.keys(guards))
  for (const verdict of Object.values(verdicts))
    expect(verdict).toMatch(/^(?:let in|40[13] ERR_CIS2_[A-Z_]+)$/)
}

describe('a session that nobody would write', () => {
  it('lets nobody in who has not what is asked for, and fails with nothing but a refusal', async () => {
    const granted = new Map<string, number>()
    const choice = fc.constantFrom(undefined, undefined, undefined, undefined, '1', '2', '3')
    await fc.assert(
      fc.asyncProperty(token, userInfo, ages, choice, async (idToken, info, ageSeconds, roleId) => {
        const verdicts = await ask(recordOf(idToken, info, ageSeconds, roleId))
        expectTypedRefusals(verdicts)
        const reading = read(idToken, info, ageSeconds, roleId)
        for (const [name, [, isWanted]] of Object.entries(guards)) {
          if (verdicts[name] !== 'let in') continue
          granted.set(name, (granted.get(name) ?? 0) + 1)
          expect([name, own(idToken, 'sub'), isWanted(reading)]).toEqual([name, sub, true])
        }
      }),
      { numRuns: 1000 },
    )
    // Otherwise nobody was near enough to what is asked for, and nothing has been tried.
    expect([...granted.keys()].toSorted()).toEqual(Object.keys(guards).toSorted())
  })

  it('is nobody when the record is not one of a login', async () => {
    const login = recordOf(
      { sub, id_assurance_level: '3', authentication_assurance_level: '3', auth_time: now },
      { sub, nhsid_nrbac_roles: [{ person_roleid: '1', role_code: 'S8000:G8000:R8001' }] },
      0,
      undefined,
    )
    expect(await ask(login)).toMatchObject({
      'a login': 'let in',
      'a job role': 'let in',
      'a level': 'let in',
    })
    const members = fc.constantFrom(
      'version',
      'client',
      'sub',
      'loggedInAt',
      'issuedAt',
      'lastSeenAt',
      'login',
    )
    const spoilt = fc.oneof(
      anything,
      fc.tuple(members, anything).map(([member, value]) => ({ ...login, [member]: value })),
      members.map((member) => ({ ...login, [member]: undefined })),
    )
    await fc.assert(
      fc.asyncProperty(spoilt, async (record) => {
        // What is a time may well be another time: one that has not passed.
        const isSound = Object.entries(login).every(([member, value]) =>
          typeof value === 'number' && member !== 'version'
            ? Number.isFinite(own(record, member))
            : own(record, member) === value,
        )
        const verdicts = await ask(record)
        expectTypedRefusals(verdicts)
        if (!isSound)
          expect(new Set(Object.values(verdicts))).toEqual(new Set(['401 ERR_CIS2_NOT_LOGGED_IN']))
      }),
      { numRuns: 500 },
    )
  })
})
