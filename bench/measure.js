// One server, one fresh process, every piece of work once.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Browser, logIn, prepare, repeat, startLogin } from './browser.js'
import { median } from './table.js'

const parallel = 4
const windows = 5

/** Starts a child of the benchmark and gives the two ways to talk to it. */
export function start(file, args = []) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    // Cookie sessions of 16 KB of claims are longer than Node's header limit; the same for everybody.
    execArgv: ['--max-http-header-size=262144'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let complaints = ''
  child.stderr.on('data', (chunk) => (complaints = (complaints + chunk).slice(-4_000)))
  const waiting = []
  child.on('message', (answer) => waiting.shift()?.resolve(answer))
  child.on('exit', () => waiting.forEach(({ reject }) => reject(new Error(`${file} ended`))))
  const ask = (message) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject })
      child.send(message, (error) => error && reject(error))
    })
  const stop = async () => {
    if (child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill()
    await ended
  }
  return { ask, stop, complaints: () => complaints }
}

/** Medians are taken over rounds by the caller; this returns microseconds of CPU per request, and bytes per login. */
export async function measureServer({ file, args, setup, provider, sizes, counts }) {
  const process = start(`servers/${file}`, args)
  try {
    const { ready: server } = await process.ask(setup)
    const cpuTime = async () => (await process.ask({ ask: 'cpu' })).cpu
    // The median of several windows: one window in which the machine had something else to do changes nothing.
    const cpuPerRequest = async (count, work) => {
      const found = []
      while (found.length < windows) {
        const before = await cpuTime()
        await repeat(count / windows, parallel, work)
        found.push(((await cpuTime()) - before) / (count / windows))
      }
      return median(found)
    }
    const results = {}
    const visitor = new Browser()
    await prepare(visitor, server)
    await provider.ask({ roles: 1 })
    await checkIsLocked(server)

    const loginRequest = () => startLogin(visitor.clone(), server)
    const fullLogin = () => logIn(visitor.clone(), server)
    await repeat(counts.warmLogins, parallel, fullLogin)

    for (const [name, roles] of Object.entries(sizes)) {
      await provider.ask({ roles })
      const people = Array.from({ length: parallel }, () => visitor.clone())
      for (const person of people) await logIn(person, server)
      const authenticated = (index) => checkIsGreeted(people[index % parallel], server)
      await repeat(counts.warmRequests, parallel, authenticated)
      results[name] = await cpuPerRequest(counts.requests, authenticated)
    }

    if (server.jwks) {
      const fetchKeys = async () => {
        const res = await visitor.visit(server.baseUrl + server.jwks)
        if (res.status !== 200 || !res.text.includes('"kid"')) throw new Error(`jwks answered ${res.status}`)
      }
      await repeat(counts.warmRequests, parallel, fetchKeys)
      results.jwks = await cpuPerRequest(counts.requests, fetchKeys)
    }

    // Back to the smallest person.
    await provider.ask({ roles: 1 })
    await repeat(counts.warmRequests, parallel, loginRequest)
    const stored = (await process.ask({ ask: 'store' })).store
    results.loginRequest = await cpuPerRequest(counts.loginRequests, loginRequest)
    results.abandoned = ((await process.ask({ ask: 'store' })).store - stored) / counts.loginRequests
    await repeat(counts.warmLogins, parallel, fullLogin)
    results.fullLogin = await cpuPerRequest(counts.logins, fullLogin)
    return results
  } catch (error) {
    throw new Error(`${file}: ${error.message}\n${process.complaints()}`, { cause: error })
  } finally {
    await process.stop()
  }
}

async function checkIsLocked(server) {
  const res = await new Browser().visit(server.baseUrl + server.me)
  if (res.status === 200) throw new Error('a stranger was let in')
}

async function checkIsGreeted(person, server) {
  const res = await person.visit(server.baseUrl + server.me)
  if (res.status !== 200 || res.text !== 'Hello EXAMPLE Alex Mrs') {
    throw new Error(`the authenticated request answered ${res.status} ${res.text.slice(0, 200)}`)
  }
}
