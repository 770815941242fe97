import session from 'express-session'
import { PlatformError, type PlatformTokens } from '../../lib/index.js'
import { readKept, writeKept, type KeptTokens } from '../../lib/api-platform/kept-tokens.js'
import type { PlatformRecord } from '../../lib/api-platform/platform-record.js'
import { renewTokens, type Renewal } from '../../lib/api-platform/renew-tokens.js'
import type { InboundAnswer } from '../../lib/provider/outbound-request.js'
import { SharedRecords } from '../../lib/session/shared-records.js'
import { platformConfig } from '../support/platform-config.js'

// A lock ends while its owner is slow, and another process refreshes meanwhile.

const now = (): number => Math.floor(Date.now() / 1000)

function tokens(name: string, secondsLeft: number): PlatformTokens {
  return { accessToken: `access-${name}`, refreshToken: `refresh-${name}`, expiresAt: now() + secondsLeft }
}

function answer(status: number, body: object): InboundAnswer {
  const get = (name: string): string | null => (name === 'content-type' ? 'application/json' : null)
  return { status, headers: { get }, body: Buffer.from(JSON.stringify(body)) }
}

const fresh = {
  access_token: 'access-mine',
  refresh_token: 'refresh-mine',
  token_type: 'Bearer',
  expires_in: '599',
}
const spent = { error: 'invalid_grant', error_description: 'refresh_token is invalid' }

/** Refreshes old tokens, while another one writes something at the moment of the call. */
async function race(
  mine: InboundAnswer,
  meanwhile: Partial<PlatformRecord>,
): Promise<{ got: unknown; kept: unknown }> {
  const kept: KeptTokens = {
    records: new SharedRecords(new session.MemoryStore(), 1000),
    key: 'cis2.race',
    lifetimeSeconds: 3600,
  }
  await writeKept(kept, { version: 1, generation: 1, tokens: tokens('old', -10), obtainedAt: now() - 609 })
  const renewal: Renewal = {
    config: platformConfig,
    kept,
    noteKept: () => Promise.resolve(),
    idToken: 'an.id.token',
    idTokenExpiresAt: now() + 60,
    send: async () => {
      await writeKept(kept, { version: 1, generation: 2, ...meanwhile })
      return mine
    },
    hasEnded: () => Promise.resolve(false),
    onTry: () => undefined,
  }
  const got = await renewTokens(renewal).then(
    ({ accessToken }) => accessToken,
    (error: unknown) => (error instanceof PlatformError ? error.code : error),
  )
  const record = await readKept(kept)
  return { got, kept: record?.tokens?.accessToken ?? record?.endedBy }
}

describe('a process that has been overtaken', () => {
  const another = { tokens: tokens('another', 599), obtainedAt: now() }

  it('uses the newer tokens of the other one, and leaves them there', async () => {
    expect(await race(answer(200, fresh), another)).toEqual({ got: 'access-another', kept: 'access-another' })
  })

  it('uses them when its own refresh token was spent by the other one, and ends nothing', async () => {
    expect(await race(answer(401, spent), another)).toEqual({ got: 'access-another', kept: 'access-another' })
  })

  it('does not give up its tokens because the other one was refused', async () => {
    const refused = { endedBy: 'ERR_CIS2_PLATFORM_REFRESH_REFUSED' } as const
    expect(await race(answer(200, fresh), refused)).toEqual({ got: 'access-mine', kept: 'access-mine' })
  })

  it('ends them when nobody got any', async () => {
    const failed = { tokens: tokens('old', -10), obtainedAt: now() - 609 }
    const code = 'ERR_CIS2_PLATFORM_REFRESH_REFUSED'
    expect(await race(answer(401, spent), failed)).toEqual({ got: code, kept: code })
  })
})
