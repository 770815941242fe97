import { setTimeout as pause } from 'node:timers/promises'
import { Browser } from './browser.js'

/** What was done, and what must never be seen. */
export const outcomes = {
  loginsStarted: 0,
  logins: 0,
  loginsRefused: 0,
  logouts: 0,
  backChannelLogouts: 0,
  smartcardPulls: 0,
  switches: 0,
  logoutsNotDone: 0,
  checksOfTheDead: 0,
  wrong: [],
}

const mostTries = 10
const mostRemembered = 300
const remembered = []

function complain(text) {
  if (outcomes.wrong.length < 50) outcomes.wrong.push(text)
}

/**
 * Logins that are cancelled, as many as an application remembers: from then on, that memory can only stay as it is.
 */
export async function fillMemory(url, count) {
  let left = count
  const lane = async () => {
    while (left-- > 0) {
      const browser = new Browser()
      const { headers } = await browser.get(`${url}/cis2/login`)
      if (!headers.location) continue
      const state = new URL(headers.location).searchParams.get('state')
      await browser.get(`${url}/cis2/callback?${new URLSearchParams({ error: 'access_denied', state })}`)
    }
  }
  await Promise.all(Array.from({ length: 16 }, lane))
}

/** What one person does, over and over, at one application. */
export class Person {
  #url
  #provider
  #keys

  /** @param keys two people of the simulator that nobody else is */
  constructor({ url, provider, keys }) {
    this.#url = url
    this.#provider = provider
    this.#keys = keys
  }

  /** One journey of the mix. */
  async live() {
    const [journey] = pick(this.#journeys)
    await journey.call(this)
    await pause(Math.random() * 500)
  }

  #journeys = [
    [this.#workAndLogOut, 30],
    [this.#workAndBeEnded, 25],
    [this.#haveCardPulled, 15],
    [this.#makeWay, 10],
    [this.#leaveWithoutLoggingOut, 10],
    [this.#giveUp, 10],
  ]

  async #workAndLogOut() {
    const browser = await this.#logIn()
    if (!browser) return
    await this.#work(browser)
    // A request in flight, which writes the session after the logout.
    const slow = browser.clone().get(`${this.#url}/slow`)
    const isDone = await this.#logOut(browser.clone())
    await slow
    if (isDone) await this.#mustBeDead(browser, 'logout')
  }

  async #workAndBeEnded() {
    const browser = await this.#logIn()
    if (!browser) return
    await this.#work(browser)
    const answer = await browser.get(`${this.#url}/sid`)
    if (answer.status !== 200) return
    const { sid } = JSON.parse(answer.text)
    const slow = browser.clone().get(`${this.#url}/slow`)
    outcomes.backChannelLogouts++
    const isDone = await this.#end({ sid })
    await slow
    if (isDone) await this.#mustBeDead(browser, 'back-channel logout')
  }

  /** Three sessions of one person, ended at once by a token that names nobody but the person. */
  async #haveCardPulled() {
    const all = await Promise.all([this.#logIn(), this.#logIn(), this.#logIn()])
    const browsers = all.filter((browser) => browser !== undefined)
    await Promise.all(browsers.map((browser) => this.#work(browser)))
    outcomes.smartcardPulls++
    const isDone = await this.#end({ person: this.#keys[0], isForAll: true })
    if (isDone) await Promise.all(browsers.map((browser) => this.#mustBeDead(browser, 'smartcard pull')))
    // Times in tokens are whole seconds: a login of the same second would be over before it began.
    await pause(1_000)
  }

  /** Another person logs in over a live session. */
  async #makeWay() {
    const browser = await this.#logIn()
    if (!browser) return
    const old = browser.clone()
    const isReplaced = await this.#logInWith(browser, this.#keys[1], '?reauthenticate=true')
    if (!isReplaced) return
    outcomes.switches++
    await this.#mustBeDead(old, 'login of another person')
    const isDone = await this.#logOut(browser.clone())
    if (isDone) await this.#mustBeDead(browser, 'logout')
  }

  async #leaveWithoutLoggingOut() {
    const browser = await this.#logIn()
    if (browser) await this.#work(browser)
  }

  async #giveUp() {
    outcomes.loginsStarted++
    await new Browser().get(`${this.#url}/cis2/login`)
  }

  async #logIn() {
    const browser = new Browser()
    return (await this.#logInWith(browser, this.#keys[0], '')) ? browser : undefined
  }

  async #logInWith(browser, person, query) {
    outcomes.loginsStarted++
    const started = await browser.get(`${this.#url}/cis2/login${query}`)
    const chosen = started.headers.location
      ? await browser.clone().post(started.headers.location, { person })
      : started
    const callback = chosen.headers.location
    if (!callback?.startsWith(`${this.#url}/cis2/callback`)) {
      outcomes.loginsRefused++
      return false
    }
    const { status, headers } = await browser.get(callback)
    if (status === 303 && headers['set-cookie']?.some((line) => line.startsWith('connect.sid='))) {
      outcomes.logins++
      return true
    }
    outcomes.loginsRefused++
    if (status === 303) complain('a login that gave no session cookie')
    return false
  }

  async #work(browser) {
    for (let pages = 1 + Math.floor(Math.random() * 5); pages > 0; pages--) {
      const [path] = pick(pagesOfWork)
      if (path === 'extend') await browser.post(`${this.#url}/cis2/session`, {})
      else await browser.get(this.#url + path)
      await pause(Math.random() * 200)
    }
  }

  /** Clicks until it is said to be done. */
  async #logOut(browser) {
    for (let tries = 0; tries < mostTries; tries++) {
      const { status } = await browser.post(`${this.#url}/cis2/logout`, {})
      if (status === 303) {
        outcomes.logouts++
        return true
      }
    }
    outcomes.logoutsNotDone++
    return false
  }

  /** Sends a logout token; a new one when the application could not do it. */
  async #end(logout) {
    for (let tries = 0; tries < mostTries; tries++) {
      const { status, error } = await this.#provider.ask({ logout })
      if (status === 200) return true
      if (error !== undefined && !/ECONNRESET/.test(error)) complain(`logout token: ${error}`)
      await pause(100)
    }
    outcomes.logoutsNotDone++
    return false
  }

  async #mustBeDead(browser, ending) {
    await checkDead(browser, this.#url, ending)
    remembered.push({ browser, ending, url: this.#url })
    if (remembered.length > mostRemembered) remembered.shift()
  }
}

/** Looks at some of the sessions that ended a while ago. */
export async function recheckTheDead() {
  for (let checks = 0; checks < 3 && remembered.length > 0; checks++) {
    const { browser, ending, url } = remembered[Math.floor(Math.random() * remembered.length)]
    await checkDead(browser, url, `${ending}, later`)
  }
}

async function checkDead(browser, url, ending) {
  for (let tries = 0; tries < mostTries; tries++) {
    const { status } = await browser.clone().get(`${url}/private`)
    if (status === 200) complain(`a login that outlived its ${ending}`)
    // The store may have failed: ask again.
    if (status === 200 || status === 302) {
      outcomes.checksOfTheDead++
      return
    }
  }
}

const pagesOfWork = [
  ['/private', 40],
  ['/poll', 25],
  ['/touch', 15],
  ['/cis2/session', 10],
  ['extend', 10],
]

function pick(weighted) {
  let chance = Math.random() * weighted.reduce((sum, [, weight]) => sum + weight, 0)
  return weighted.find(([, weight]) => (chance -= weight) < 0) ?? weighted[0]
}
