// The load generator: a bounded, loopback-only HTTP client with one cookie jar per person.
import http from 'node:http'

const agent = new http.Agent({ keepAlive: true, maxSockets: 16 })

function request(url, { method = 'GET', headers = {}, body } = {}) {
  const target = new URL(url)
  if (target.hostname !== '127.0.0.1')
    throw new Error(`the benchmark never leaves loopback: ${target.origin}`)
  return new Promise((resolve, reject) => {
    const options = { agent, method, headers, timeout: 10_000, maxHeaderSize: 262_144 }
    const req = http.request(target, options, (res) => {
      const chunks = []
      res.on('data', (chunk) => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () =>
        resolve({ status: res.statusCode, headers: res.headers, text: Buffer.concat(chunks).toString() }),
      )
    })
    req.on('timeout', () => req.destroy(new Error(`${method} ${url} took more than 10 s`)))
    req.on('error', reject)
    req.end(body)
  })
}

export class Browser {
  #cookies = new Map()

  async visit(url, { headers = {}, ...options } = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const navigation = {
      accept: 'text/html',
      'sec-fetch-site': 'none',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    const res = await request(url, {
      ...options,
      headers: { ...navigation, ...headers, ...(cookie === '' ? {} : { cookie }) },
    })
    for (const line of res.headers['set-cookie'] ?? []) this.#keep(line)
    return res
  }

  #keep(line) {
    const [pair, ...attributes] = line.split(/;\s*/)
    const name = pair.slice(0, pair.indexOf('='))
    const isRemoved = attributes.some(
      (text) => /^max-age=0$/i.test(text) || /^expires=.*\b1970\b/i.test(text),
    )
    if (isRemoved) this.#cookies.delete(name)
    else this.#cookies.set(name, pair.slice(name.length + 1))
  }

  /** A copy that shares what the browser holds now, for requests that must not see each other's cookies. */
  clone() {
    const copy = new Browser()
    copy.#cookies = new Map(this.#cookies)
    return copy
  }
}

/** The request that starts a login, and where it sends the browser. */
export async function startLogin(browser, server) {
  const url = server.baseUrl + server.login
  const res = await browser.visit(url, loginOptions(server))
  const location = server.loginJson ? JSON.parse(res.text).url : res.headers.location
  if (!location?.includes('/authorize?'))
    throw new Error(`login answered ${res.status} ${location ?? res.text}`)
  return location
}

function loginOptions(server) {
  if (server.loginForm) {
    return {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: server.baseUrl },
      body: new URLSearchParams(server.loginForm).toString(),
    }
  }
  if (server.loginJson) {
    return {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: server.baseUrl },
      body: JSON.stringify(server.loginJson),
    }
  }
  return {}
}

/** A whole login; throws unless it ends where a logged-in person lands. */
export async function logIn(browser, server) {
  const atProvider = await browser.clone().visit(await startLogin(browser, server))
  const callback = await browser.visit(atProvider.headers.location)
  const landed = callback.headers.location && new URL(callback.headers.location, server.baseUrl)
  if (![302, 303].includes(callback.status) || landed?.pathname !== server.me || landed.search !== '') {
    throw new Error(`callback answered ${callback.status} ${callback.headers.location ?? callback.text}`)
  }
}

/** Auth.js wants its own token with the request that starts a login; a browser keeps it for all of them. */
export async function prepare(browser, server) {
  if (!server.csrf) return
  const res = await browser.visit(server.baseUrl + server.csrf)
  server.loginForm.csrfToken = JSON.parse(res.text).csrfToken
}

/** Runs `count` pieces of work, at most `parallel` at a time. */
export async function repeat(count, parallel, work) {
  let next = 0
  const lane = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: parallel }, lane))
}

/** Ends the generator's sockets, so that a server that exits leaves none behind. */
export function disconnect() {
  agent.destroy()
}
