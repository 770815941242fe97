import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import request, { type Response } from 'supertest'
import type TestAgent from 'supertest/lib/agent.js'
import { createSelfSignedCertificate } from '../simulator/keys/self-signed-certificate.js'
import { createSigningKey } from '../simulator/keys/signing-key.js'
import type { TestApp } from './log-in-options.js'

// As a browser opens a page.
const navigation = {
  Accept: 'text/html',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Site': 'none',
}

/** Opens a page, whatever its status; redirects are not followed. */
export async function visit(agent: TestAgent, path: string): Promise<Response> {
  return await agent.get(path).set(navigation).redirects(0)
}

/** Sends a form from another site, as the page of a `form_post` does. */
export async function submit(
  agent: TestAgent,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Response> {
  const headers = { ...navigation, 'Sec-Fetch-Site': 'cross-site' }
  return await agent.post(path).set(headers).redirects(0).type('form').send(form)
}

/**
 * @throws {Error} for what is neither: supertest's own error speaks of `app.address`, which nobody has written
 */
export function checkApp(app: unknown): void {
  if (typeof app === 'function') return
  const found = typeof app === 'object' && app !== null ? app : {}
  if ('jar' in found || 'address' in found) return
  throw new Error(`logIn: takes an Express app or a supertest agent; ${adviceOn(app, found)}`)
}

function adviceOn(app: unknown, found: object): string {
  if ('app' in found) return 'did you mean createApp(…).app?'
  if ('then' in found) return 'this is a promise of something: await it first.'
  return `this is ${app === null ? 'null' : typeof app}.`
}

/** Whether it is an agent already, of whatever copy of supertest. */
export function isAgent(app: TestApp): app is TestAgent {
  return typeof app === 'object' && 'jar' in app
}

/** A browser in front of the application, over plain http. */
export function createAgent(app: RequestListener): TestAgent {
  return request.agent(app)
}

/**
 * A browser in front of the application, over https and as if a proxy stood between: without TLS the agent would not
 * send `Secure` cookies back.
 */
export async function createSecureAgent(app: RequestListener): Promise<TestAgent> {
  identity ??= createIdentity()
  // Nothing to be sure of: it is this process, on 127.0.0.1.
  const agent = request.agent(createServer(await identity, app), { rejectUnauthorized: false })
  agent.set('X-Forwarded-Proto', 'https')
  return agent
}

let identity: Promise<{ key: string; cert: string }> | undefined

async function createIdentity(): Promise<{ key: string; cert: string }> {
  const signingKey = await createSigningKey('RS256')
  const key = signingKey.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const lines = createSelfSignedCertificate(signingKey, 'localhost').replace(/.{64}(?=.)/g, '$&\n')
  return { key, cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n` }
}
