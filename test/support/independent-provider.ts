import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type Configuration } from 'oidc-provider'

const realm = '/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare'

export interface IndependentProvider {
  issuer: string
  /** Where it really listens. */
  url: string
  close(): Promise<void>
}

interface Settings {
  clientId: string
  redirectUri: string
  jwksUri: string
  /** Reads the client's published keys; the address may be a public one that only this function can reach. */
  fetch: typeof globalThis.fetch
  /** With this, every address it prints begins so, whatever it listens on. */
  publicOrigin?: string
}

const person = {
  sub: '555000000901',
  name: 'EXAMPLE Alex (Dr)',
  given_name: 'Alex',
  family_name: 'EXAMPLE',
  authentication_assurance_level: '3',
  id_assurance_level: '3',
  nhsid_nrbac_roles: [
    {
      person_orgid: '555000000911',
      person_roleid: '555000000921',
      org_code: 'A9A5A',
      role_name: '"Clinical":"Clinical Provision":"Nurse Access Role"',
      role_code: 'S8000:G8000:R8001',
    },
  ],
}

/**
 * CIS2's shape on oidc-provider, an implementation that shares no line with this library or its simulator. It says
 * `:443` where told to, takes RS512 assertions for that exact token endpoint only, and logs everybody in as one person.
 */
export async function startIndependentProvider(settings: Settings): Promise<IndependentProvider> {
  const server = createServer()
  // The client ends idle connections first: a request on one that is just being closed here would fail.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = (settings.publicOrigin ?? url) + realm
  const provider = createProvider(issuer, settings)
  const handle = provider.callback()
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    const { pathname } = new URL(req.url ?? '/', url)
    if (pathname.startsWith('/interaction/')) {
      finishInteraction(provider, req, res).catch(() => res.writeHead(500).end())
      return
    }
    Object.assign(req, { originalUrl: req.url })
    if (settings.publicOrigin) {
      const { protocol, host } = new URL(settings.publicOrigin)
      req.headers['x-forwarded-proto'] = protocol.slice(0, -1)
      req.headers['x-forwarded-host'] = host
    }
    req.url = req.url?.replace(realm, '') || '/'
    void handle(req, res)
  })
  return {
    issuer,
    url,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function createProvider(issuer: string, settings: Settings): Provider {
  const tokenEndpoint = `${issuer}/access_token`
  const configuration: Configuration = {
    clients: [
      {
        client_id: settings.clientId,
        redirect_uris: [settings.redirectUri],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'RS512',
        jwks_uri: settings.jwksUri,
        require_auth_time: true,
        id_token_signed_response_alg: 'RS256',
      },
    ],
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS512'] },
    scopes: ['openid', 'profile', 'nationalrbacaccess'],
    claims: {
      openid: ['sub', 'authentication_assurance_level', 'id_assurance_level'],
      profile: ['name', 'given_name', 'family_name'],
      nationalrbacaccess: ['nhsid_nrbac_roles'],
    },
    conformIdTokenClaims: false,
    acrValues: ['AAL3_ANY'],
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    routes: {
      authorization: '/authorize',
      token: '/access_token',
      userinfo: '/userinfo',
      jwks: '/connect/jwk_uri',
      end_session: '/connect/endSession',
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ ...person, sub }) }),
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: settings.clientId, accountId: person.sub })
      grant.addOIDCScope('openid profile nationalrbacaccess')
      await grant.save()
      return grant
    },
    cookies: { keys: ['a cookie key of the tests'] },
    // Its own protection keeps it from loopback addresses, which is where the tests are.
    fetch: (input, options) => {
      const { dispatcher: _dispatcher, ...init } = options as RequestInit & { dispatcher?: unknown }
      return settings.fetch(input, init)
    },
  }
  const provider = new Provider(issuer, configuration)
  const Base = provider.OIDCContext
  // Its own answer would accept the issuer too, and the endpoint only without its port.
  class ExactAudience extends Base {
    override clientJwtAuthExpectedAudience(): Set<string> {
      return new Set([tokenEndpoint])
    }
  }
  Object.defineProperty(provider, 'OIDCContext', { value: ExactAudience })
  provider.proxy = true
  // It builds the addresses of its document with URL, which drops the port that CIS2 prints.
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.oidc?.route !== 'discovery') return
    const names = {
      authorization_endpoint: 'authorize',
      token_endpoint: 'access_token',
      userinfo_endpoint: 'userinfo',
      jwks_uri: 'connect/jwk_uri',
      end_session_endpoint: 'connect/endSession',
    }
    ctx.body = {
      ...(ctx.body as object),
      ...Object.fromEntries(Object.entries(names).map(([name, path]) => [name, `${issuer}/${path}`])),
    }
  })
  return provider
}

async function finishInteraction(
  provider: Provider,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  await provider.interactionFinished(
    req,
    res,
    { login: { accountId: person.sub, acr: 'AAL3_ANY', amr: ['N3_SMARTCARD'] } },
    { mergeWithLastSubmission: false },
  )
}
