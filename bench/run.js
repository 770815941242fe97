// Measures what a login and a logged-in request cost the server, beside a hand-written floor and beside the peers.
// Usage: npm run bench [-- --quick] [-- --only=floor,ours] [-- --rounds=9]
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { disconnect } from './browser.js'
import { measureRound, start } from './measure.js'
import { added, addedByOurs, ownBytes } from './packages.js'
import { formatTable, median } from './table.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '..')

const servers = {
  floor: { file: 'floor.js' },
  ours: { file: 'ours.js' },
  'eoidc cookie': { file: 'express-openid-connect.js', packages: ['express-openid-connect'] },
  'eoidc store': {
    file: 'express-openid-connect.js',
    args: ['--store'],
    packages: ['express-openid-connect'],
  },
  'openid-client+passport': { file: 'openid-client-passport.js', packages: ['openid-client', 'passport'] },
  'passport-openidconnect': {
    file: 'passport-openidconnect.js',
    packages: ['passport', 'passport-openidconnect'],
  },
  '@auth/express': { file: 'auth-express.js', packages: ['@auth/express'] },
  'better-auth': { file: 'better-auth.js', packages: ['better-auth'] },
}

const sizes = { '1 KB': 1, '4 KB': 10, '16 KB': 60 }
const ratios = [
  { name: '1 KB', title: 'authenticated request, 1 KB claims', limit: 1.0 },
  { name: '4 KB', title: 'same, 4 KB', limit: 0.8 },
  { name: '16 KB', title: 'same, 16 KB', limit: 0.6 },
  { name: 'loginRequest', title: 'login request -> 302', limit: 1.3 },
  { name: 'fullLogin', title: 'full login', limit: 1.5 },
  { name: 'jwks', title: 'JWKS route', limit: 0.75 },
]
const packageLimit = { count: 3, bytes: 1_200_000 }

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (flags.help) {
  console.log('npm run bench [-- --quick] [-- --only=floor,ours] [-- --rounds=9]')
  process.exit(0)
}

const rounds = Number(flags.rounds ?? (flags.quick ? 2 : 9))
// Rounds differ by more than what is measured within one: ours is judged by all of them. With everybody, one takes seven
// times as long.
const roundsWithPeers = 2
const counts = flags.quick
  ? {
      firstLogins: 300,
      warmLogins: 1_500,
      warmRequests: 5_000,
      loginRequests: 600,
      logins: 120,
      requests: 1_200,
    }
  : {
      firstLogins: 1_000,
      warmLogins: 3_000,
      warmRequests: 8_000,
      loginRequests: 3_600,
      logins: 600,
      requests: 7_200,
    }
const names = flags.only
  ? ['floor', ...flags.only.split(',').filter((name) => name !== 'floor')]
  : Object.keys(servers)
const unknown = names.filter((name) => !servers[name])
if (unknown.length > 0 || !(rounds >= 1)) {
  console.error(`--only takes some of: ${Object.keys(servers).join(', ')}; --rounds takes a number from 1`)
  process.exit(2)
}

function installPeers() {
  const installed = join(here, 'node_modules', '.package-lock.json')
  const wanted = JSON.parse(readFileSync(join(here, 'package-lock.json'), 'utf8')).packages
  const found = existsSync(installed) ? JSON.parse(readFileSync(installed, 'utf8')).packages : {}
  const isComplete = Object.keys(
    JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')).dependencies,
  ).every((name) => found[`node_modules/${name}`]?.version === wanted[`node_modules/${name}`].version)
  if (isComplete) return
  console.log('Installing the peers into bench/node_modules …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' })
  if (status !== 0) process.exit(2)
}

function makeClient() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const named = { kid: 'bench', alg: 'RS512', use: 'sig' }
  return {
    clientId: 'bench-client',
    clientSecret: 'a-shared-secret-for-the-peers-without-private-key-jwt',
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...named },
    publicJwk: { ...publicKey.export({ format: 'jwk' }), ...named },
    secret: 'an-invented-secret-of-more-than-thirty-two-characters',
  }
}

async function measureAll() {
  const client = makeClient()
  const provider = start('provider.js')
  const measured = []
  try {
    const { issuer } = await provider.ask({ client })
    const setup = { issuer, ...client }
    for (let round = 0; round < rounds; round++) {
      const isForAll = round < roundsWithPeers || !names.includes('ours')
      const taking = isForAll ? names : ['floor', 'ours']
      const chosen = Object.fromEntries(taking.map((name) => [name, servers[name]]))
      measured.push(await measureRound(chosen, { setup, provider, sizes, counts }))
      process.stderr.write(`round ${round + 1}/${rounds}\n`)
    }
  } finally {
    await provider.stop()
    disconnect()
  }
  return measured
}

/** What a server did in the rounds that it took part in. */
function resultsOf(measured, server) {
  return measured.flatMap((round) => round[server] ?? [])
}

function ratioRow(measured, { name, title, limit }) {
  const roundsOf = (server) => resultsOf(measured, server).map((results) => results[name])
  const cells = names
    .slice(1)
    .map((server) => (measured[0][server][name] ? median(roundsOf(server)).toFixed(2) : '-'))
  const floor = `${Math.round(median(roundsOf('floor')))} µs`
  if (!names.includes('ours'))
    return { cells: [title, floor, ...cells, `<= ${limit}`, 'not run'], isMet: true }
  const ours = roundsOf('ours')
  const isMet = median(ours) <= limit
  const spread = `${Math.min(...ours).toFixed(2)} to ${Math.max(...ours).toFixed(2)}`
  return { cells: [title, floor, ...cells, `<= ${limit}`, `${isMet ? 'met' : 'MISSED'} (${spread})`], isMet }
}

function abandonedRow(measured) {
  const bytes = (server) => Math.round(median(resultsOf(measured, server).map(({ abandoned }) => abandoned)))
  const cells = names.map((server) => `${bytes(server)} B`)
  const isMet = !names.includes('ours') || bytes('ours') === 0
  const verdict = names.includes('ours') ? (isMet ? 'met' : 'MISSED') : 'not run'
  return { cells: ['left in the store by an abandoned login', ...cells, '0 B', verdict], isMet }
}

function packagesRow() {
  const show = ({ count, bytes }) => `+${count} / ${(bytes / 1_000_000).toFixed(2)} MB`
  const cells = names.map((name) => {
    if (name === 'floor') return show({ count: 0, bytes: 0 })
    return show(name === 'ours' ? addedByOurs(root) : added(here, servers[name].packages))
  })
  const limit = show(packageLimit)
  if (!names.includes('ours'))
    return { cells: ['packages added', ...cells, `<= ${limit}`, 'not run'], isMet: true }
  const { count, bytes } = addedByOurs(root)
  const isMet = count <= packageLimit.count && bytes <= packageLimit.bytes
  return { cells: ['packages added', ...cells, `<= ${limit}`, isMet ? 'met' : 'MISSED'], isMet }
}

installPeers()
if (names.includes('ours') && !existsSync(join(root, 'dist', 'index.js'))) {
  console.error('dist/ is missing: run `npm run build` first, or leave ours out with --only.')
  process.exit(2)
}
const measured = await measureAll()
const rows = [...ratios.map((work) => ratioRow(measured, work)), abandonedRow(measured), packagesRow()]
const head = ['work', 'floor', ...names.slice(1), 'ours must be', 'verdict']
console.log(
  `\nCPU time of the server process per request, as a ratio to the floor; medians of ${rounds} rounds on Node ${process.version}.\n`,
)
console.log(formatTable([head, ...rows.map((row) => row.cells)]))
if (names.includes('ours'))
  console.log(`\nThe package itself: ${(ownBytes(root) / 1_000_000).toFixed(2)} MB.`)
const missed = rows.filter((row) => !row.isMet)
if (missed.length > 0)
  console.log(`\n${missed.length} missed: ${missed.map((row) => row.cells[0]).join('; ')}`)
process.exitCode = missed.length > 0 ? 1 : 0
