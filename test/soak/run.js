// An application under mixed load for a while, with one answer of CIS2's and one call of the store in twenty going
// wrong. Ends by itself; exits with 1 when memory or handles grow, a rejection is not handled, a request has no answer,
// or a login outlives its logout. Usage: npm run soak -- --minutes=10
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { disconnect, traffic } from './browser.js'
import { startChild } from './child.js'
import { fillMemory, outcomes, Person, recheckTheDead } from './journeys.js'
import { describeFigures } from './report.js'
import { findProblems } from './verdict.js'

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    people: { type: 'string', default: '12' },
    store: { type: 'string' },
  },
})
const minutes = numberOf(flags.minutes, 'minutes', 120)
const people = numberOf(flags.people, 'people', 50)
const sampleMs = Math.max(500, Math.min(5_000, minutes * 1_000))
const mostJourneys = minutes * 60 * 100
const settleMs = 20_000
// Used states, which lib/attempt keeps for ten minutes.
const isLong = minutes >= 5
const rememberedLogins = isLong ? 10_000 : 0

function numberOf(text, name, most) {
  const number = Number(text)
  if (number > 0 && number <= most) return number
  throw new Error(`--${name} must be above 0 and at most ${most}`)
}

function say(text) {
  process.stdout.write(`${text}\n`)
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

/** Redis with nothing on disk, when it is installed. */
async function startRedis() {
  if (flags.store === 'memory' || spawnSync('redis-server', ['--version']).status !== 0) return undefined
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'soak-redis-'))
  const settings = [
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ]
  const server = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve) => {
    server.stdout.on('data', (chunk) => chunk.includes('Ready to accept') && resolve())
  })
  const stop = () => {
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  return { url: `redis://127.0.0.1:${port}`, stop }
}

const lanes = Array.from({ length: people }, (_each, index) => [`first-${index}`, `second-${index}`])
const invented = lanes.flat().map((key, index) => ({
  key,
  description: 'one of the soak',
  claims: {
    sub: String(555_100_000_000 + index),
    name: `SOAK Sam ${index}`,
    nhsid_nrbac_roles: [
      { person_roleid: String(555_200_000_000 + index), org_code: 'A9A5A', role_code: 'S8000:G8000:R8001' },
    ],
  },
}))

const redis = await startRedis()
const provider = await startChild('provider.js', { people: invented })
const port = await freePort()
const app = await startChild('app.js', { ...provider.ready, port, redisUrl: redis?.url }, ['--expose-gc'])
const url = `http://127.0.0.1:${port}`
const samples = []
let startedAt = 0
let endsAt = 0
let journeys = 0

async function live(keys) {
  const person = new Person({ url, provider, keys })
  while (performance.now() < endsAt && journeys++ < mostJourneys) await person.live()
}

async function sample() {
  while (performance.now() < endsAt) {
    await pause(sampleMs)
    samples.push(await app.ask({}))
    await recheckTheDead()
  }
}

/** What is left when everybody has gone: sockets take a moment to close. */
async function settle(before) {
  disconnect()
  const until = performance.now() + settleMs
  for (;;) {
    const after = await app.ask({})
    if (after.handles <= before.handles || performance.now() > until) return after
    await pause(500)
  }
}

try {
  say(`${people} people for ${minutes} minutes, on ${redis ? 'Redis' : "express-session's MemoryStore"}`)
  const before = await app.ask({})
  await fillMemory(url, rememberedLogins)
  startedAt = performance.now()
  endsAt = startedAt + minutes * 60_000
  await Promise.race([Promise.all([...lanes.map(live), sample()]), app.failed, provider.failed])
  const seconds = (performance.now() - startedAt) / 1000
  const after = await settle(before)
  const store = redis ? 'Redis' : 'MemoryStore'
  const found = {
    samples,
    before,
    after,
    traffic,
    outcomes,
    store,
    seconds,
    provider: await provider.ask({}),
  }
  for (const [name, value] of describeFigures(found)) say(`${name.padEnd(40)}${value}`)
  const problems = findProblems(found)
  for (const problem of problems) say(`PROBLEM: ${problem}`)
  say(problems.length === 0 ? 'The soak has passed.' : 'The soak has failed.')
  process.exitCode = problems.length === 0 ? 0 : 1
} finally {
  await Promise.all([app.stop(), provider.stop()])
  redis?.stop()
}
