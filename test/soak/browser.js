import { Agent, request } from 'node:http'

const answerMs = 30_000
// Gives idle connections up before the application does, so that none is closed just as it is used again.
const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 4_000 })
// The simulator closes idle connections after a while, perhaps just as one is used again.
const withoutKeepAlive = new Agent()

/** What the browsers of the soak have seen. */
export const traffic = { requests: 0, unanswered: 0, statuses: {}, complaints: [] }

/** As much of a browser as the load needs: cookies of one host, the headers of a person's navigation. */
export class Browser {
  #cookies = new Map()

  clone() {
    const copy = new Browser()
    copy.#cookies = new Map(this.#cookies)
    return copy
  }

  get(url) {
    return this.#send('GET', url)
  }

  post(url, form) {
    return this.#send('POST', url, new URLSearchParams(form).toString())
  }

  async #send(method, url, body) {
    const { origin, hostname, host } = new URL(url)
    if (hostname !== '127.0.0.1') throw new Error(`the soak never leaves loopback: ${origin}`)
    const cookies = this.#cookies.get(host) ?? new Map()
    const headers = {
      accept: 'text/html',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      'sec-fetch-site': body === undefined ? 'none' : 'same-origin',
      ...(cookies.size === 0
        ? {}
        : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }),
      ...(body === undefined ? {} : { origin, 'content-type': 'application/x-www-form-urlencoded' }),
    }
    traffic.requests++
    try {
      const answer = await sendLikeABrowser(url, { method, headers, body })
      traffic.statuses[answer.status] = (traffic.statuses[answer.status] ?? 0) + 1
      this.#keep(host, answer.headers['set-cookie'] ?? [])
      return answer
    } catch (error) {
      traffic.unanswered++
      if (traffic.complaints.length < 20)
        traffic.complaints.push(`${method} ${new URL(url).pathname}: ${error.message}`)
      return { status: 0, headers: {}, text: '' }
    }
  }

  #keep(host, lines) {
    const cookies = new Map(this.#cookies.get(host))
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(/;\s*/)
      const [name, ...value] = pair.split('=')
      const isGone = attributes.some((each) => /^(max-age=0|expires=.* 1970 .*)$/i.test(each))
      if (isGone) cookies.delete(name)
      else cookies.set(name, value.join('='))
    }
    this.#cookies.set(host, cookies)
  }
}

export function disconnect() {
  agent.destroy()
}

/** A connection that was kept and is found closed is replaced, once, as browsers do. */
async function sendLikeABrowser(url, options) {
  try {
    return await send(url, options)
  } catch (error) {
    if (options.method !== 'GET' || !error.wasKept) throw error
    return await send(url, options)
  }
}

function send(url, { method, headers, body }) {
  return new Promise((resolve, reject) => {
    const own = url.includes('/authorize?') ? withoutKeepAlive : agent
    const outgoing = request(url, { agent: own, method, headers }, (incoming) => {
      const chunks = []
      incoming.on('data', (chunk) => chunks.push(chunk))
      incoming.once('error', reject)
      incoming.once('end', () =>
        resolve({
          status: incoming.statusCode,
          headers: incoming.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      )
    })
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer in ${answerMs} ms`)), answerMs)
    outgoing.once('close', () => clearTimeout(timer))
    outgoing.once('error', (error) => {
      const isStale = error.code === 'ECONNRESET' && outgoing.reusedSocket
      reject(Object.assign(error, { wasKept: isStale }))
    })
    outgoing.end(body)
  })
}
