// One round: the servers side by side, each in a fresh process.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Browser, logIn, prepare, repeat, startLogin } from './browser.js'
import { mean } from './table.js'

const parallel = 4
const windows = 12

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

/**
 * One round: every server in a fresh process, and every piece of work in turn. Each server takes turns with the floor, so
 * that what else the machine does at a moment meets both.
 *
 * @param servers by name, each `{ file, args }`; one is the floor
 * @returns by name and work what a request cost: the floor's in microseconds of CPU, another's as a ratio to the floor's
 *   turns beside it; and the bytes that a login left unfinished
 */
export async function measureRound(servers, { setup, provider, sizes, counts }) {
  const open = []
  try {
    for (const [name, server] of Object.entries(servers))
      open.push({ name, server: await openServer(server, setup, provider, counts), results: {} })
    for (const [size, roles] of Object.entries(sizes)) {
      await provider.ask({ roles })
      const works = await prepareAll(open, ({ logInPeople }) => logInPeople())
      await measure(works, size, counts.warmRequests, counts.requests)
    }
    // Back to the smallest person.
    await provider.ask({ roles: 1 })
    const withKeys = await prepareAll(open, ({ fetchKeys }) => fetchKeys)
    await measure(withKeys, 'jwks', counts.warmRequests, counts.requests)
    const starting = await prepareAll(open, ({ loginRequest }) => loginRequest)
    await measureAbandoned(open, counts.loginRequests)
    await measure(starting, 'loginRequest', counts.warmRequests, counts.loginRequests)
    const loggingIn = await prepareAll(open, ({ fullLogin }) => fullLogin)
    await measure(loggingIn, 'fullLogin', counts.warmLogins, counts.logins)
    return Object.fromEntries(open.map(({ name, results }) => [name, results]))
  } finally {
    await Promise.all(open.map(({ server }) => server.stop()))
  }
}

/** The work of those servers that have it. */
async function prepareAll(open, prepareOne) {
  const prepared = []
  for (const each of open) {
    const work = await each.server.explain(() => prepareOne(each.server))
    if (work !== undefined) prepared.push({ ...each, work })
  }
  return prepared
}

async function measure(prepared, name, warm, count) {
  for (const { server, work } of prepared) await server.explain(() => repeat(warm, parallel, work))
  const floor = prepared.find((each) => each.name === 'floor')
  const others = prepared.filter((each) => each !== floor)
  const costOf = async ({ server, work }) => {
    const before = await server.cpu()
    await server.explain(() => repeat(count / windows, parallel, work))
    return ((await server.cpu()) - before) / (count / windows)
  }
  const own = new Map(prepared.map((each) => [each, []]))
  const beside = new Map(prepared.map((each) => [each, []]))
  for (let window = 0; window < windows; window++) {
    for (const other of others) {
      // Neither is always the one that finds the machine as the other has left it.
      const isFirst = window % 2 === 0
      const early = isFirst ? await costOf(other) : undefined
      const cost = await costOf(floor)
      own.get(floor).push(cost)
      beside.get(other).push(cost)
      own.get(other).push(early ?? (await costOf(other)))
    }
    if (others.length === 0) own.get(floor).push(await costOf(floor))
  }
  floor.results[name] = mean(own.get(floor))
  for (const other of others) other.results[name] = mean(own.get(other)) / mean(beside.get(other))
}

async function measureAbandoned(open, count) {
  for (const { server, results } of open) {
    const stored = await server.stored()
    await server.explain(() => repeat(count, parallel, server.loginRequest))
    results.abandoned = ((await server.stored()) - stored) / count
  }
}

/** A server in a process of its own that has answered enough logins, and the kinds of work it can be given. */
async function openServer({ file, args }, setup, provider, counts) {
  const child = start(`servers/${file}`, args)
  const explain = async (call) => {
    try {
      return await call()
    } catch (error) {
      throw new Error(`${file}: ${error.message}\n${child.complaints()}`, { cause: error })
    }
  }
  const { ready: server } = await explain(() => child.ask(setup))
  const visitor = new Browser()
  const fullLogin = () => logIn(visitor.clone(), server)
  await provider.ask({ roles: 1 })
  await explain(async () => {
    await prepare(visitor, server)
    await checkIsLocked(server)
    await repeat(counts.firstLogins, parallel, fullLogin)
  })
  return {
    explain,
    stop: child.stop,
    cpu: async () => (await child.ask({ ask: 'cpu' })).cpu,
    stored: async () => (await child.ask({ ask: 'store' })).store,
    fullLogin,
    loginRequest: () => startLogin(visitor.clone(), server),
    fetchKeys: server.jwks && (() => checkKeys(visitor, server)),
    async logInPeople() {
      const people = Array.from({ length: parallel }, () => visitor.clone())
      for (const person of people) await logIn(person, server)
      return (index) => checkIsGreeted(people[index % parallel], server)
    },
  }
}

async function checkKeys(visitor, server) {
  const res = await visitor.visit(server.baseUrl + server.jwks)
  if (res.status !== 200 || !res.text.includes('"kid"')) throw new Error(`jwks answered ${res.status}`)
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
