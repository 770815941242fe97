import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import {
  startSimulator,
  type PlatformApplicationCredentials,
  type Simulator,
} from '../../lib/simulator/index.js'
import { findFreePort, startExampleApp, type ExampleAppProcess } from './example-app-process.js'
import { openPage, type InspectedPage } from './inspected-page.js'
import { launchChromium } from './launch-chromium.js'
import { choosePerson, logIn } from './log-in.js'
import { tabTo } from './tab-to.js'
import { withChromium } from './with-chromium.js'

const title = 'What the API platform knows about you'
const gp = '555000002002'

withChromium('the API platform in a browser', (executablePath) => {
  let browser: Browser
  let exampleApp: ExampleAppProcess
  let address: string
  let opened: InspectedPage | undefined

  beforeAll(async () => {
    browser = await launchChromium(executablePath)
  })
  afterAll(() => browser.close())
  afterEach(async () => {
    const faults = opened?.faults ?? []
    await opened?.close()
    opened = undefined
    expect(faults).toEqual([])
  })

  async function start(settings: Record<string, string> = {}): Promise<void> {
    exampleApp = startExampleApp(await findFreePort(), settings)
    address = await exampleApp.address
  }

  async function open(options?: BrowserContextOptions): Promise<InspectedPage> {
    opened = await openPage(browser, options)
    return opened
  }

  describe('the API platform of the simulator, without settings', () => {
    beforeAll(() => start())
    afterAll(() => exampleApp.stop())

    it('is asked after a stronger login, from the start page and from the details', async () => {
      const { page, inspect } = await open()
      await page.goto(address)
      expect(await page.getByRole('link', { name: 'API platform' }).count()).toBe(0)
      await logIn(page, `${address}/account`, 'nurse')
      await page.getByRole('link', { name: 'Care Identity example' }).click()
      await page.getByRole('link', { name: 'see what the API platform knows about you' }).click()
      await choosePerson(page, address, 'nurse')

      expect(page.url()).toBe(`${address}/api-platform`)
      await page.getByRole('heading', { name: title }).waitFor()
      expect(await readAnswer(page)).toMatchObject({
        sub: '555000000001',
        role: expect.stringContaining('Nurse Access Role'),
      })
      expect(await inspect('api-platform')).toEqual([])

      await page.getByRole('link', { name: 'See your details' }).click()
      expect(await inspect('account-with-api-platform')).toEqual([])
      await page.getByRole('link', { name: 'See what the API platform knows about you' }).click()
      await page.getByRole('heading', { name: title }).waitFor()
    })
  })

  describe('the API platform that the settings name', () => {
    let simulator: Simulator
    let application: PlatformApplicationCredentials
    let moved = 0

    beforeAll(async () => {
      simulator = await startSimulator()
      application = await simulator.registerPlatformApplication()
      const port = await findFreePort()
      await start({ ...cis2Settings(simulator, port), ...platformSettings(simulator, application) })
    })
    afterAll(async () => {
      await exampleApp.stop()
      await simulator.close()
    })
    afterEach(async () => {
      simulator.clearFaults()
      simulator.requests.clear()
      await moveClock(-moved)
    })

    async function moveClock(seconds: number): Promise<void> {
      moved += seconds
      await exampleApp.moveClock(seconds)
    }

    /** What the page about a failure says, and that the log says more. */
    async function expectFailure(page: Page, heading: string, code: string): Promise<void> {
      expect(await page.title()).toBe(`${heading} – Care Identity example`)
      expect(await page.getByTestId('code').innerText()).toBe(code)
      const reference = await page.getByTestId('reference').innerText()
      expect(reference).toMatch(/^[\w-]{8,}$/)
      expect(exampleApp.output()).toContain(`reference ${reference}: ${code}`)
      for (const secret of [application.apiSecret, ...tokens()]) {
        expect(exampleApp.output()).not.toContain(secret)
        expect(await page.content()).not.toContain(secret)
      }
    }

    function tokens(): readonly string[] {
      return simulator.requests.flatMap(({ headers, body }) =>
        [
          headers.authorization?.replace('Bearer ', ''),
          body?.refresh_token,
          body?.subject_token,
          body?.client_assertion,
        ].filter((value) => value !== undefined),
      )
    }

    it('is told the role that the person has chosen, and another one when they change it', async () => {
      const { page } = await open()
      await page.goto(`${address}/api-platform`)
      await page.getByTestId('person-doctor-many-roles').click()
      await page.getByTestId(`role-${gp}`).click()
      expect(await readAnswer(page)).toMatchObject({ sub: '555000000002', roleId: gp })

      await page.getByRole('link', { name: 'Change role' }).click()
      await page.getByRole('radio', { name: 'Admin/Clinical Support Access Role' }).check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.waitForURL(`${address}/api-platform`)
      expect(await readAnswer(page)).toMatchObject({ sub: '555000000002', roleId: '555000002004' })
      expect(simulator.requests.count('platformToken')).toBe(1)
      const asked = simulator.requests.filter(({ endpoint }) => endpoint === 'platformApi')
      expect(asked.map(({ headers }) => headers['nhsd-session-urid'])).toEqual([gp, '555000002004'])
      expect(new Set(asked.map(({ headers }) => headers['x-request-id'])).size).toBe(2)
    })

    it('is not asked before a role is chosen: the person chooses one first', async () => {
      const { page, inspect } = await open()
      await logIn(page, `${address}/api-platform`, 'blank-selected-role')

      await page.getByRole('heading', { name: 'Which role are you working in?' }).waitFor()
      expect(await inspect('api-platform-choose-role')).toEqual([])
      expect(simulator.requests.count('platformToken')).toBe(0)

      await page.getByRole('radio').first().check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.waitForURL(`${address}/api-platform`)
      await readAnswer(page)
    })

    it('is not asked about somebody without a role', async () => {
      const { page, inspect } = await open()
      await logIn(page, `${address}/api-platform`, 'no-role')
      await expectFailure(page, 'You do not have a role', 'ERR_CIS2_PLATFORM_ROLE_MISSING')
      expect(await page.getByRole('main').getByRole('button').count()).toBe(0)
      expect(await inspect('api-platform-no-role')).toEqual([])
      await page.getByRole('link', { name: 'Go to the start page' }).click()
      await page.getByText('You are logged in as').waitFor()
    })

    it('refuses the question, and the log knows why', async () => {
      const { page, inspect } = await open()
      const body = JSON.stringify({ error_description: 'NHSD-Session-URID is invalid for Nora Whitlock' })
      simulator.setFault('platformApi.status', { status: 400, body })
      await logIn(page, `${address}/api-platform`, 'nurse')

      await expectFailure(page, 'There is a problem with this service', 'API_REFUSED')
      expect(exampleApp.output()).toContain('The header names a role that is none of the person’s.')
      expect(exampleApp.output()).not.toContain('Whitlock')
      const [asked] = simulator.requests.filter(({ endpoint }) => endpoint === 'platformApi')
      expect(await page.getByTestId('reference').innerText()).toBe(asked?.headers['x-request-id'])
      expect(await inspect('api-platform-refused')).toEqual([])

      simulator.clearFaults()
      await page.getByRole('button', { name: 'Try again' }).click()
      await readAnswer(page)
    })

    it.each(['reset', 'html', 'redirect', 'status'] as const)(
      'cannot be reached, or talks nonsense (%s), and answers when it is asked again',
      async (fault) => {
        const { page } = await open()
        await logIn(page, `${address}/account`, 'nurse')
        simulator.setFault(`platformApi.${fault}`, faultValues[fault])
        await page.goto(`${address}/api-platform`)
        await expectFailure(page, 'There is a problem with this service', 'API_UNAVAILABLE')
        expect(simulator.requests.count('elsewhere')).toBe(0)
        simulator.clearFaults()
        await page.getByRole('button', { name: 'Try again' }).click()
        await readAnswer(page)
      },
    )

    it('has a token endpoint that is down, and gives a token when it is back', async () => {
      const { page, inspect } = await open()
      await logIn(page, `${address}/account`, 'nurse')
      simulator.setFault('platformToken.status', 503)
      await page.goto(`${address}/api-platform`)
      const heading = 'There is a problem with this service'
      await expectFailure(page, heading, 'ERR_CIS2_PLATFORM_UNAVAILABLE')
      expect(await inspect('api-platform-down')).toEqual([])

      await page.getByRole('button', { name: 'Try again' }).click()
      await expectFailure(page, heading, 'ERR_CIS2_PLATFORM_UNAVAILABLE')

      simulator.clearFaults()
      await moveClock(6)
      await page.getByRole('button', { name: 'Try again' }).click()
      await readAnswer(page)
    })

    it('refuses to go on, and asks for a new login', async () => {
      const { page, inspect } = await open()
      await logIn(page, `${address}/api-platform`, 'nurse')
      await readAnswer(page)
      const refused = { error: 'invalid_grant', error_description: 'refresh_token is invalid', status: 401 }
      simulator.setFault('platformToken.error', refused, { times: 1 })
      simulator.setFault('clock', 600)
      await moveClock(600)
      await page.reload()
      await expectFailure(page, 'You need to log in again', 'ERR_CIS2_PLATFORM_REFRESH_REFUSED')
      expect(await inspect('api-platform-log-in-again')).toEqual([])

      await page.getByRole('button', { name: 'Log in again' }).click()
      await choosePerson(page, address, 'nurse')
      expect(page.url()).toBe(`${address}/api-platform`)
      await readAnswer(page)
    })

    it('is asked with a keyboard alone, also again', async () => {
      const { page } = await open()
      await logIn(page, `${address}/account`, 'nurse')
      simulator.setFault('platformApi.status', 503)
      await tabTo(page, 'See what the API platform knows about you')
      await page.keyboard.press('Enter')
      await page.getByTestId('code').waitFor()
      simulator.clearFaults()
      await tabTo(page, 'Try again')
      await page.keyboard.press('Enter')
      await readAnswer(page)
    })

    it('is asked without script', async () => {
      const { page } = await open({ javaScriptEnabled: false })
      await logIn(page, `${address}/account`, 'blank-selected-role')
      await page.getByRole('link', { name: 'See what the API platform knows about you' }).click()
      await page.getByRole('radio').first().check()
      await page.getByRole('button', { name: 'Continue' }).click()
      await readAnswer(page)
    })
  })

  describe('without settings of the API platform, in front of a CIS2 of its own, the example app', () => {
    let simulator: Simulator

    beforeAll(async () => {
      simulator = await startSimulator()
      await start(cis2Settings(simulator, await findFreePort()))
    })
    afterAll(async () => {
      await exampleApp.stop()
      await simulator.close()
    })

    it('has no page about it', async () => {
      const { page } = await open()
      await logIn(page, `${address}/account`, 'nurse')
      for (const path of ['/account', '/']) {
        await page.goto(address + path)
        await page.getByText('Nora Whitlock').first().waitFor()
        expect(await page.getByRole('link', { name: 'API platform' }).count()).toBe(0)
      }
      expect((await page.goto(`${address}/api-platform`))?.status()).toBe(404)
    })
  })
})

describe('settings of the API platform', () => {
  const complete = {
    PLATFORM_ENVIRONMENT: 'integration',
    PLATFORM_API_KEY: 'key',
    PLATFORM_API_SECRET: 'not to be printed',
    PLATFORM_SIGNING_KEY: 'not to be printed',
    PLATFORM_API_URL: 'https://int.api.service.nhs.uk/hello-world/hello/user',
  }

  it.each([
    [{ PLATFORM_API_KEY: '', PLATFORM_API_URL: '' }, 'Give also: PLATFORM_API_KEY, PLATFORM_API_URL'],
    [{ PLATFORM_ENVIRONMENT: '' }, 'one of PLATFORM_ENVIRONMENT and PLATFORM_TOKEN_URL'],
    [{ PLATFORM_TOKEN_URL: 'https://a.test' }, 'one of PLATFORM_ENVIRONMENT and PLATFORM_TOKEN_URL'],
    [{ PLATFORM_ENVIRONMENT: 'int' }, 'PLATFORM_ENVIRONMENT must be integration or production'],
    [{ PLATFORM_API_URL: 'http://int.api.service.nhs.uk' }, 'PLATFORM_API_URL must be an https address'],
  ])('that are wrong (%j) keep the example app from starting', async (change, message) => {
    const { code, output } = await startExampleApp(0, { PORT: '3000', ...complete, ...change }).ended
    expect(code).toBe(1)
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toContain(message)
    expect(output).not.toContain('not to be printed')
  })
})

const faultValues = { reset: 'at-once', html: true, redirect: 302, status: 503 } as const

function cis2Settings(simulator: Simulator, port: number): Record<string, string> {
  return {
    PORT: String(port),
    CIS2_ISSUER: simulator.issuer,
    CIS2_CLIENT_ID: simulator.client.clientId,
    CIS2_JWKS: JSON.stringify(simulator.client.jwks),
    CIS2_BASE_URL: `http://localhost:${port}`,
    CIS2_SECRET: 'seals the login attempts of this test',
    CIS2_SCOPE:
      'openid profile nhsperson nationalrbacaccess associatedorgs professionalmemberships selectedrole',
  }
}

function platformSettings(
  { url }: Simulator,
  { tokenUrl, apiKey, apiSecret, signingKey }: PlatformApplicationCredentials,
): Record<string, string> {
  return {
    PLATFORM_TOKEN_URL: tokenUrl,
    PLATFORM_API_KEY: apiKey,
    PLATFORM_API_SECRET: apiSecret,
    PLATFORM_SIGNING_KEY: JSON.stringify(signingKey),
    PLATFORM_API_URL: `${url}/user-restricted/whoami`,
  }
}

/** What the page says that the API answered. */
async function readAnswer(page: Page): Promise<Record<string, string>> {
  const rows = page.getByTestId('answer')
  await rows.waitFor()
  const keys = await rows.locator('dt').allInnerTexts()
  const values = await rows.locator('dd').allInnerTexts()
  return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? '']))
}
