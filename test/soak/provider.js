// The simulator in a process of its own, wrong in one answer of twenty.
import process from 'node:process'
import { startSimulator } from '../../dist/simulator/index.js'

const rate = 0.05
const rotateMs = 180_000
const faults = {
  token: [
    ['token.status', 500],
    ['token.status', { status: 429, headers: { 'Retry-After': '1' } }],
    ['token.delay', 1_200],
    ['token.hang'],
    ['token.reset', 'mid-body'],
    ['token.reset', 'at-once'],
    ['token.html'],
    ['token.truncate'],
    ['token.error', 'invalid_grant'],
    ['idTokenSignature', 'bit-flipped'],
    ['idTokenClaims', { nonce: 'another' }],
    ['idTokenHeader', { kid: 'unknown' }],
  ],
  userInfo: [
    ['userInfo.status', 503],
    ['userInfo.delay', 800],
    ['userInfo.hang'],
    ['userInfo.reset', 'mid-body'],
    ['userInfo.body', ''],
    ['userInfo', { sub: '555000000002' }],
  ],
  jwks: [
    ['jwks.status', 503],
    ['jwks.reset', 'at-once'],
    ['jwks.delay', 800],
  ],
  discovery: [
    ['discovery.status', 503],
    ['discovery.reset', 'at-once'],
  ],
  authorize: [['authorize.error', 'temporarily_unavailable']],
}
let injected = 0

// What is undefined does not survive the way between two processes.
function readLogout({ isForAll, ...logout }) {
  return isForAll ? { ...logout, claims: { sid: undefined } } : logout
}

async function start({ people }) {
  const simulator = await startSimulator({
    people,
    // The next request for the same thing is the one that meets it: rare ones are not met more often than others.
    onRequest: ({ endpoint }) => {
      const kinds = faults[endpoint] ?? []
      if (kinds.length === 0 || Math.random() >= rate) return
      const [name, value] = kinds[Math.floor(Math.random() * kinds.length)]
      simulator.setFault(name, value, { times: 1 })
      injected++
    },
  })
  // An unknown key every three minutes has the key set fetched again.
  setInterval(() => void simulator.rotateKeys(), rotateMs).unref()
  const { issuer, client } = simulator
  process.on('message', ({ logout, id }) => {
    if (id === undefined) return
    if (logout === undefined) process.send?.({ id, answer: { injected, rss: process.memoryUsage().rss } })
    else
      simulator.sendLogoutToken(readLogout(logout)).then(
        ({ status }) => process.send?.({ id, answer: { status } }),
        (error) => process.send?.({ id, answer: { status: 0, error: String(error) } }),
      )
  })
  process.send?.({ ready: { issuer, client } })
}

process.once('message', ({ start: settings }) => void start(settings))
process.once('disconnect', () => process.exit(1))
