/*
 * Warns a person two minutes before their login ends, and takes the page away when it has ended.
 *
 * Only the server knows when that is: other tabs prolong the same login, and CIS2 may end it at any time. So this asks,
 * again and again, which does not prolong the login; and it believes no other tab, and no timer: timers are late in
 * background tabs, and stand still while the computer sleeps. The clock is read every second instead.
 */

const warningSeconds = 120
const askEverySeconds = 60
const askEverySecondsWhenWarning = 10
const askEverySecondsAtTheEnd = 1
const announceEverySeconds = 30
const answerWithinMs = 10_000

const dialog = document.querySelector<HTMLDialogElement>('#session-warning')
// Only a hint to other tabs that it is worth asking now.
const otherTabs = new BroadcastChannel('login')

if (dialog) watchLogin(dialog)
// Nobody is logged in on this page, and another tab may not know yet.
else otherTabs.postMessage('ask')

interface Answer {
  loggedIn: boolean
  secondsLeft: number
  idleSecondsLeft: number
  absoluteSecondsLeft: number
}

function watchLogin(dialog: HTMLDialogElement): void {
  /** When the login ends by this computer's clock, in milliseconds, as far as this page knows. */
  let endsAt = Infinity
  /** Whether it ends then whatever the person does: it has lasted as long as it may. */
  let isFinal = false
  let isDismissed = false
  let isLeaving = false
  let answeredAt = 0
  let running: { extends: boolean; abort: AbortController } | undefined
  let askAgain = false

  async function ask(extend: boolean): Promise<void> {
    const request = { extends: extend, abort: new AbortController() }
    running = request
    askAgain = false
    // From before the answer was given, so that the page is never later than the server.
    const askedAt = Date.now()
    const isDone = await fetchAnswer(extend ? 'POST' : 'GET', request.abort.signal)
      .then(({ answer, loginEndsAt }) => note(answer, loginEndsAt, askedAt))
      .then(() => true)
      .catch(() => false)
    if (running !== request) return
    running = undefined
    answeredAt = Date.now()
    if (isDone || extend) part('failed').hidden = isDone
    if (extend && isDone) otherTabs.postMessage('ask')
    // Without an answer, what is known has to do.
    if (!isDone && endsAt <= Date.now()) leave()
    if (askAgain) void ask(false)
    else check()
  }

  function look(): void {
    if (running) askAgain = true
    else void ask(false)
  }

  function stay(): void {
    if (running?.extends) return
    running?.abort.abort()
    void ask(true)
  }

  function note(answer: Answer, loginEndsAt: number, askedAt: number): void {
    if (!answer.loggedIn) return leave()
    // Another login than the one this page was made for, and perhaps another person's.
    if (Math.abs(loginEndsAt - Number(dialog.dataset.loginEndsAt)) > 5) return reload()
    endsAt = askedAt + answer.secondsLeft * 1000
    isFinal = answer.absoluteSecondsLeft <= answer.idleSecondsLeft
  }

  function check(): void {
    if (isLeaving) return
    const secondsLeft = (endsAt - Date.now()) / 1000
    const isWarning = secondsLeft <= warningSeconds
    // By what is known the login is over: nothing is shown while the server is asked.
    document.body.hidden = secondsLeft <= 0
    const secondsSinceAnswer = Math.abs(Date.now() - answeredAt) / 1000
    const isOld = secondsSinceAnswer >= askEvery(secondsLeft)
    if (isOld && !running) void ask(false)
    // Another tab may have prolonged the login: no warning before the server has been asked.
    if (!isOld || dialog.open) show(isWarning, secondsLeft)
  }

  function show(isWarning: boolean, secondsLeft: number): void {
    if (!isWarning) {
      isDismissed = false
      dialog.close()
      return
    }
    part('idle').hidden = part('stay').hidden = isFinal
    part('final').hidden = part('dismiss').hidden = !isFinal
    part('countdown').textContent = inWords(Math.ceil(secondsLeft))
    const announced = Math.ceil(secondsLeft / announceEverySeconds) * announceEverySeconds
    setText(part('announcement'), inWords(announced))
    if (!dialog.open && !(isFinal && isDismissed)) dialog.showModal()
  }

  function dismiss(): void {
    isDismissed = true
    dialog.close()
  }

  /** From here on nothing of the page is seen. */
  function vanish(): void {
    isLeaving = true
    document.body.hidden = true
  }

  function reload(): void {
    vanish()
    location.reload()
  }

  function leave(): void {
    if (isLeaving) return
    vanish()
    const returnTo = location.pathname + location.search
    location.replace(`/session-ended?returnTo=${encodeURIComponent(returnTo)}`)
  }

  function part(name: string): HTMLElement {
    const found = dialog.querySelector<HTMLElement>(`[data-part="${name}"]`)
    if (!found) throw new Error(`the dialog has no part ${name}`)
    return found
  }

  part('stay').addEventListener('click', stay)
  part('dismiss').addEventListener('click', dismiss)
  /** The person is there, and wants the warning gone. */
  function answerClosing(event: Event): void {
    event.preventDefault()
    if (isFinal) dismiss()
    else stay()
  }

  // Chromium closes a dialog on Escape without any "cancel" when the person has not touched the page since it was loaded.
  dialog.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') answerClosing(event)
  })
  // What else closes a dialog, such as the back gesture.
  dialog.addEventListener('cancel', answerClosing)
  otherTabs.addEventListener('message', look)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') look()
  })
  // The browser may keep the page to bring it back after "Log out": out of sight, and made anew before it is seen.
  window.addEventListener('pagehide', vanish)
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) reload()
  })
  setInterval(check, 1000)
  look()
}

/** How long an answer of the server is good for, in seconds. */
function askEvery(secondsLeft: number): number {
  if (secondsLeft <= 0) return askEverySecondsAtTheEnd
  return secondsLeft <= warningSeconds ? askEverySecondsWhenWarning : askEverySeconds
}

/** The server's figures, and when it says that the login ends at the latest, in seconds since the epoch. */
async function fetchAnswer(
  method: 'GET' | 'POST',
  signal: AbortSignal,
): Promise<{ answer: Answer; loginEndsAt: number }> {
  const response = await fetch('/cis2/session', {
    method,
    headers: { accept: 'application/json' },
    cache: 'no-store',
    signal: AbortSignal.any([signal, AbortSignal.timeout(answerWithinMs)]),
  })
  if (!response.ok && response.status !== 401) throw new Error(`the server answered ${response.status}`)
  const answer = parseAnswer(await response.json())
  const serverTime = Date.parse(response.headers.get('date') ?? '') / 1000
  return { answer, loginEndsAt: serverTime + answer.absoluteSecondsLeft }
}

function parseAnswer(body: unknown): Answer {
  const answer = { loggedIn: false, secondsLeft: 0, idleSecondsLeft: 0, absoluteSecondsLeft: 0 }
  return Object.assign(answer, body)
}

function inWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const parts = [count(minutes, 'minute'), count(seconds % 60, 'second')]
  return parts.filter((text) => text !== '').join(' ')
}

function count(number: number, unit: string): string {
  return number === 0 ? '' : `${number} ${unit}${number === 1 ? '' : 's'}`
}

/** A screen reader reads out what changes: nothing when nothing has. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
