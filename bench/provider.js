// A fast fake CIS2 in its own process: it answers at once and consents for everybody, so that what is measured is the
// server under test. It still refuses a wrong assertion, secret, verifier or code, because a peer that skips a step
// would otherwise look fast.
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { createServer } from 'node:http'
import { idTokenAssurance, userInfo } from './person.js'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwks = JSON.stringify({
  keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'provider', use: 'sig', alg: 'RS256' }],
})
const header = encode({ alg: 'RS256', kid: 'provider', typ: 'JWT' })

const waiting = new Map()
let client
let roles = 1
let issuer
let tokenEndpoint
let discovery

const server = createServer((req, res) => {
  const url = new URL(req.url, issuer)
  if (url.pathname === '/.well-known/openid-configuration') return json(res, discovery)
  if (url.pathname === '/jwks') return json(res, jwks)
  if (url.pathname === '/authorize') return authorize(url, res)
  if (url.pathname === '/userinfo') return answerUserInfo(req, res)
  if (url.pathname !== '/token' || req.method !== 'POST') return refuse(res, 'invalid_request', 404)
  const chunks = []
  req.on('data', (chunk) => chunks.push(chunk))
  req.on('end', () => answerToken(req, new URLSearchParams(Buffer.concat(chunks).toString()), res))
})
server.keepAliveTimeout = 60_000

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function json(res, text, status = 200) {
  res.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  res.end(text)
}

function refuse(res, error, status = 400) {
  json(res, JSON.stringify({ error }), status)
}

function authorize(url, res) {
  const query = url.searchParams
  if (query.get('client_id') !== client.clientId) return refuse(res, 'invalid_client')
  const code = randomBytes(24).toString('base64url')
  waiting.set(code, {
    redirectUri: query.get('redirect_uri'),
    nonce: query.get('nonce') ?? undefined,
    challenge: query.get('code_challenge') ?? undefined,
  })
  const target = new URL(query.get('redirect_uri'))
  target.searchParams.set('code', code)
  if (query.has('state')) target.searchParams.set('state', query.get('state'))
  res.writeHead(302, { location: target.href, 'content-length': 0 })
  res.end()
}

function isAuthenticated(req, body) {
  if (body.has('client_assertion')) {
    const [head, payload, signature] = body.get('client_assertion').split('.')
    const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString())
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return (
      claims.iss === client.clientId &&
      [tokenEndpoint, issuer].includes([claims.aud].flat()[0]) &&
      claims.exp > Date.now() / 1000 &&
      verify(
        `sha${alg.slice(2)}`,
        `${head}.${payload}`,
        client.publicKey,
        Buffer.from(signature, 'base64url'),
      )
    )
  }
  const basic = (req.headers.authorization ?? '').replace(/^Basic /, '')
  const secret = body.get('client_secret') ?? Buffer.from(basic, 'base64').toString().split(':')[1] ?? ''
  const [given, wanted] = [secret, client.clientSecret].map((text) =>
    createHash('sha256').update(text).digest(),
  )
  return timingSafeEqual(given, wanted)
}

function answerToken(req, body, res) {
  if (!isAuthenticated(req, body)) return refuse(res, 'invalid_client', 401)
  const attempt = waiting.get(body.get('code'))
  waiting.delete(body.get('code'))
  if (!attempt || attempt.redirectUri !== body.get('redirect_uri')) return refuse(res, 'invalid_grant')
  const verifier = createHash('sha256')
    .update(body.get('code_verifier') ?? '')
    .digest('base64url')
  if (attempt.challenge !== undefined && attempt.challenge !== verifier) return refuse(res, 'invalid_grant')
  const accessToken = `${roles}.${randomBytes(24).toString('base64url')}`
  const now = Math.floor(Date.now() / 1000)
  const half = createHash('sha256').update(accessToken).digest().subarray(0, 16)
  const payload = encode({
    iss: issuer,
    aud: client.clientId,
    iat: now,
    exp: now + 3600,
    auth_time: now,
    nonce: attempt.nonce,
    at_hash: half.toString('base64url'),
    sid: randomBytes(16).toString('hex'),
    ...idTokenAssurance,
  })
  const signature = sign('sha256', Buffer.from(`${header}.${payload}`), privateKey).toString('base64url')
  json(
    res,
    JSON.stringify({
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 3599,
      scope: 'openid profile nationalrbacaccess',
      id_token: `${header}.${payload}.${signature}`,
    }),
  )
}

function answerUserInfo(req, res) {
  const token = /^Bearer (\d+)\./.exec(req.headers.authorization ?? '')
  if (!token) return refuse(res, 'invalid_token', 401)
  json(res, JSON.stringify(userInfo(Number(token[1]))))
}

process.on('message', (message) => {
  if (message.roles !== undefined) {
    roles = message.roles
    process.send({ roles })
  }
  if (message.client) {
    client = {
      ...message.client,
      publicKey: createPublicKey({ key: message.client.publicJwk, format: 'jwk' }),
    }
    server.listen(0, '127.0.0.1', () => {
      issuer = `http://127.0.0.1:${server.address().port}`
      tokenEndpoint = `${issuer}/token`
      discovery = JSON.stringify({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: tokenEndpoint,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/jwks`,
        end_session_endpoint: `${issuer}/end-session`,
        scopes_supported: ['openid', 'profile', 'nationalrbacaccess'],
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        token_endpoint_auth_methods_supported: [
          'private_key_jwt',
          'client_secret_post',
          'client_secret_basic',
        ],
        token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS512'],
        code_challenge_methods_supported: ['S256'],
      })
      process.send({ issuer })
    })
  }
})
process.on('disconnect', () => process.exit(0))
