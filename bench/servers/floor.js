// The best hand-written equivalent: what somebody would write who knows exactly one provider, keeps sockets open and
// does every check with synchronous node:crypto. Nothing here is configurable, which is why it is the floor.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  randomBytes,
  randomUUID,
  sign,
  verify,
} from 'node:crypto'
import http from 'node:http'
import express from 'express'
import session from 'express-session'
import { memoryStoreBytes, scope, serve, sessionOptions } from '../serve.js'

const agent = new http.Agent({ keepAlive: true })
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (text) => JSON.parse(Buffer.from(text, 'base64url').toString())
const sha256 = (text) => createHash('sha256').update(text).digest()

function call(url, options, body) {
  return new Promise((resolve, reject) => {
    const req = http.request(url, { ...options, agent, timeout: 10_000 }, (res) => {
      const chunks = []
      res.on('data', (chunk) => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () => {
        if (res.statusCode !== 200) return reject(new Error(`${url} answered ${res.statusCode}`))
        resolve(JSON.parse(Buffer.concat(chunks).toString()))
      })
    })
    req.on('timeout', () => req.destroy(new Error('timeout')))
    req.on('error', reject)
    req.end(body)
  })
}

function seal(key, value) {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')
}

function open(key, sealed) {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(
    bytes.subarray(12, 28),
  )
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString())
}

serve(async ({ issuer, clientId, privateJwk, secret, baseUrl }) => {
  const metadata = await call(`${issuer}/.well-known/openid-configuration`)
  const { keys } = await call(metadata.jwks_uri)
  const providerKeys = new Map(keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]))
  const signingKey = createPrivateKey({ key: privateJwk, format: 'jwk' })
  const { d, p, q, dp, dq, qi, ...publicJwk } = privateJwk
  const sealingKey = Buffer.from(hkdfSync('sha256', secret, '', 'floor', 32))
  const assertionHeader = encode({ alg: 'RS512', kid: privateJwk.kid, typ: 'JWT' })
  const redirectUri = `${baseUrl}/callback`
  const store = new session.MemoryStore()
  const app = express()
  app.disable('x-powered-by')

  function createAssertion() {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: clientId, sub: clientId, aud: metadata.token_endpoint, jti: randomUUID() }
    const input = `${assertionHeader}.${encode({ ...claims, iat: now, exp: now + 60 })}`
    return `${input}.${sign('sha512', Buffer.from(input), signingKey).toString('base64url')}`
  }

  function verifyIdToken(token, accessToken, nonce) {
    const [header, payload, signature] = token.split('.')
    const { alg, kid } = decode(header)
    const key = providerKeys.get(kid)
    const claims = decode(payload)
    const now = Math.floor(Date.now() / 1000)
    const atHash = sha256(accessToken).subarray(0, 16).toString('base64url')
    if (
      alg !== 'RS256' ||
      !key ||
      !verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')) ||
      claims.iss !== metadata.issuer ||
      claims.aud !== clientId ||
      !claims.sub ||
      claims.exp <= now - 10 ||
      claims.iat > now + 10 ||
      claims.nonce !== nonce ||
      claims.at_hash !== atHash ||
      claims.auth_time < now - 310 ||
      claims.acr !== 'AAL3_ANY' ||
      Number(claims.authentication_assurance_level) < 3 ||
      Number(claims.id_assurance_level) < 3
    ) {
      throw new Error('ID token refused')
    }
    return claims
  }

  app.get('/login', (req, res) => {
    const bytes = randomBytes(96)
    const [state, nonce, verifier] = [0, 32, 64].map((from) => bytes.toString('base64url', from, from + 32))
    const sealed = seal(sealingKey, {
      state,
      nonce,
      verifier,
      returnTo: '/me',
      expires: Date.now() + 600_000,
    })
    res.cookie(`attempt.${state.slice(0, 8)}`, sealed, { httpOnly: true, sameSite: 'lax', maxAge: 600_000 })
    res.setHeader('Cache-Control', 'no-store')
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: sha256(verifier).toString('base64url'),
      code_challenge_method: 'S256',
      prompt: 'login',
    })
    res.redirect(302, `${metadata.authorization_endpoint}?${query}`)
  })

  const publicKeys = { keys: [publicJwk] }
  app.get('/jwks', (req, res) => res.json(publicKeys))

  // After the login route on purpose: the attempt lives in its own cookie, so starting a login needs no session.
  app.use(session(sessionOptions(secret, store)))

  app.get('/callback', async (req, res) => {
    const { state, code } = req.query
    const name = `attempt.${state.slice(0, 8)}`
    const cookie = req.headers.cookie.split('; ').find((part) => part.startsWith(`${name}=`))
    const attempt = open(sealingKey, cookie.slice(name.length + 1))
    if (attempt.state !== state || attempt.expires < Date.now()) throw new Error('state refused')
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: attempt.verifier,
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: createAssertion(),
    }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length }
    const tokens = await call(metadata.token_endpoint, { method: 'POST', headers }, body)
    const claims = verifyIdToken(tokens.id_token, tokens.access_token, attempt.nonce)
    const info = await call(metadata.userinfo_endpoint, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    if (info.sub !== claims.sub) throw new Error('UserInfo is about somebody else')
    await new Promise((resolve, reject) =>
      req.session.regenerate((error) => (error ? reject(error) : resolve())),
    )
    req.session.user = { ...info, ...claims }
    await new Promise((resolve, reject) => req.session.save((error) => (error ? reject(error) : resolve())))
    res.clearCookie(name)
    res.setHeader('Cache-Control', 'no-store')
    res.redirect(302, attempt.returnTo)
  })

  app.get('/me', (req, res) => {
    if (!req.session.user) return res.status(401).send('Log in')
    res.send(`Hello ${req.session.user.name}`)
  })

  return {
    listener: app,
    storeBytes: () => memoryStoreBytes(store),
    me: '/me',
    login: '/login',
    jwks: '/jwks',
  }
})
