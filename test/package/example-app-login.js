// Starts the built example app with no CIS2 settings, logs in to it as a browser would (links, forms and redirects
// only), reads the page of the logged-in person and logs out again. Usage: node test/package/example-app-login.js
import { spawn } from 'node:child_process'
import http from 'node:http'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const person = 'nurse'
const deadlineMs = 60_000
const mostSteps = 12

const cookies = new Map()

function keepCookies(host, lines = []) {
  for (const line of lines) {
    const [pair, ...attributes] = line.split(/;\s*/)
    const name = pair.slice(0, pair.indexOf('='))
    const isRemoved = attributes.some(
      (text) => /^max-age=0$/i.test(text) || /^expires=.*\b1970\b/i.test(text),
    )
    const jar = cookies.get(host) ?? new Map()
    if (isRemoved) jar.delete(name)
    else jar.set(name, pair.slice(name.length + 1))
    cookies.set(host, jar)
  }
}

// node:http, because fetch marks its requests as `Sec-Fetch-Mode: cors` and a browser's navigation is not that.
function send(url, { method = 'GET', body, from } = {}) {
  const target = new URL(url)
  const cookie = [...(cookies.get(target.host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')
  const site = from === undefined ? 'none' : new URL(from).host === target.host ? 'same-origin' : 'cross-site'
  const headers = {
    accept: 'text/html',
    'sec-fetch-site': site,
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    ...(cookie === '' ? {} : { cookie }),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(from ?? url).origin }),
  }
  return new Promise((resolve, reject) => {
    const req = http.request(target, { method, headers, agent: false, timeout: 10_000 }, (res) => {
      const chunks = []
      res.on('data', (chunk) => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () => {
        keepCookies(target.host, res.headers['set-cookie'])
        const { statusCode: status, headers: answered } = res
        resolve({
          url: target.href,
          status,
          location: answered.location,
          html: Buffer.concat(chunks).toString(),
        })
      })
    })
    req.on('timeout', () => req.destroy(new Error(`${method} ${url} took more than 10 s`)))
    req.on('error', reject)
    req.end(body)
  })
}

async function visit(url, options = {}) {
  let page = await send(url, options)
  for (let step = 0; page.location !== undefined && page.status >= 300 && page.status < 400; step++) {
    if (step === mostSteps) throw new Error(`more than ${mostSteps} redirects, the last to ${page.location}`)
    const next = new URL(page.location, page.url)
    console.log(`  ${page.status} to ${next.origin}${next.pathname}`)
    page = await send(next.href, { from: page.url })
  }
  return page
}

function decode(text) {
  const names = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'", '#x27': "'", '#x2F': '/' }
  return text.replace(/&(#?\w+);/g, (whole, name) => names[name] ?? whole)
}

function findTags(html, names) {
  const tags = new RegExp(`<(${names})\\b((?:"[^"]*"|'[^']*'|[^>"'])*)>`, 'gi')
  const attributes = /([\w:-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g
  return [...html.matchAll(tags)].map(([, , text]) =>
    Object.fromEntries(
      [...text.matchAll(attributes)].map(([, key, double, single, bare]) => [
        key.toLowerCase(),
        decode(double ?? single ?? bare ?? ''),
      ]),
    ),
  )
}

function findForms(html) {
  return [...html.matchAll(/<form\b[^]*?<\/form>/gi)].map(([form]) => ({
    ...findTags(form, 'form')[0],
    controls: findTags(form, 'input|button|select'),
  }))
}

function submit(page, { action = '', method = 'get', controls }, chosen = {}) {
  const hidden = controls.filter(({ type }) => type === 'hidden').map(({ name, value = '' }) => [name, value])
  const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...chosen }).toString()
  const target = new URL(action === '' ? page.url : action, page.url)
  if (method.toLowerCase() === 'post') return visit(target.href, { method: 'POST', body, from: page.url })
  target.search = body
  return visit(target.href, { from: page.url })
}

function expectPage(page, what, isRight) {
  // Without the query: state and nonce are nobody's business in a log.
  const { origin, pathname } = new URL(page.url)
  if (isRight) return console.log(`${what}: ${origin}${pathname}`)
  const text = page.html.replace(/<(style|script|svg)\b[^]*?<\/\1>|<[^>]*>/gi, ' ').replace(/\s+/g, ' ')
  throw new Error(
    `${what}: not what ${origin}${pathname} shows (status ${page.status}): ${text.slice(0, 1_000)}`,
  )
}

function findFreePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

function startApp(port) {
  const server = fileURLToPath(new URL('../../example-app/dist/server.js', import.meta.url))
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CIS2_')))
  const child = spawn(process.execPath, [server], {
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const address = new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk
      const [found] = /https?:\/\/[^\s/]+/.exec(output) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => reject(new Error(`the example app ended with ${code}:\n${output}`)))
  })
  return { child, address, output: () => output }
}

async function logInAndOut(address) {
  const start = await visit(`${address}/`)
  const login = findTags(start.html, 'a').find(({ href = '' }) => href.includes('/cis2/login'))
  expectPage(start, 'start page with a link to log in', start.status === 200 && login !== undefined)

  const picker = await visit(new URL(login.href, start.url).href, { from: start.url })
  const form = findForms(picker.html).find(({ controls }) => controls.some(({ name }) => name === 'person'))
  expectPage(picker, "the simulator's choice of people", picker.status === 200 && form !== undefined)

  const landed = await submit(picker, form, { person })
  const logout = findForms(landed.html).find(({ action = '' }) => action.includes('/cis2/logout'))
  const isBack = landed.url.startsWith(address) && landed.status === 200
  expectPage(landed, 'logged in, with a button to log out', isBack && logout !== undefined)

  const account = await visit(`${address}/account`, { from: landed.url })
  expectPage(
    account,
    'the details of the person',
    account.status === 200 && /data-testid="details"/.test(account.html),
  )

  const left = await submit(landed, logout)
  expectPage(left, 'logged out', left.status === 200 && left.url.startsWith(address))

  const again = await visit(`${address}/account`)
  expectPage(again, 'the details ask for a login again', !/data-testid="details"/.test(again.html))
}

const app = startApp(await findFreePort())
const deadline = setTimeout(() => {
  console.error(`The login took more than ${deadlineMs / 1000} s. The example app wrote:\n${app.output()}`)
  app.child.kill('SIGKILL')
  process.exit(1)
}, deadlineMs)
try {
  await logInAndOut(await app.address)
  console.log('The example app starts, logs a person in and logs them out.')
} catch (error) {
  console.error(`${error.message}\nThe example app wrote:\n${app.output()}`)
  process.exitCode = 1
} finally {
  clearTimeout(deadline)
  app.child.kill()
}
