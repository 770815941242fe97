import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createJwks, type Cis2Options } from '../../lib/index.js'
import { startSimulator } from '../../lib/simulator/index.js'
import { createChain, createCertificate } from '../support/certificates.js'
import { mapOrigins } from '../support/map-origins.js'
import {
  answerJson,
  foreignAssertion,
  passOn,
  publicKeyOf,
  tokenEndpointOf,
  type Patient,
} from './patient.js'

/** One way to be refused by CIS2, made real, and what the doctor has to say about it. */
export interface Cause {
  /** The cause, in the words of whoever made the mistake. */
  name: string
  /** The check that has to name it. */
  id: string
  /** Words that the finding has to hold. */
  says: RegExp
  /** Makes the patient ill. */
  plant(patient: Patient): unknown
}

const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
const otherJwk = otherKey.privateKey.export({ format: 'jwk' })
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Another program's assertion instead of our own. */
function foreign(...[changes]: [Parameters<typeof foreignAssertion>[1]] | []) {
  return (patient: Patient): void => {
    patient.input.assertion = foreignAssertion(patient, changes)
  }
}

/** Another program's token request, as its log has it. */
function foreignRequest(describe: (assertion: string) => string) {
  return (patient: Patient): void => {
    patient.input.assertion = describe(foreignAssertion(patient))
  }
}

function form(assertion: string, changes: Record<string, string> = {}): string {
  const parameters = { grant_type: 'authorization_code', client_assertion_type: assertionType, ...changes }
  return new URLSearchParams({ client_assertion: assertion, ...parameters }).toString()
}

function published(change: (key: Record<string, unknown>, patient: Patient) => unknown) {
  return (patient: Patient): void => {
    patient.answerJwks = answerJson(change(publicKeyOf(patient), patient))
  }
}

function signingKey(text: string | ((pem: string) => string)) {
  return (patient: Patient): void => {
    const pem = otherKey.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    delete patient.options.jwks
    patient.options.signingKey = typeof text === 'string' ? text : text(pem)
  }
}

const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toUTCString()

/** CIS2's own addresses, with the simulator behind them. */
async function atCis2(patient: Patient, environment: NonNullable<Cis2Options['environment']>, host: string) {
  const realm = 'openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare'
  const { registeredJwksUri: jwksUri } = patient
  const issuer = `https://${host}:443/${realm}`
  const simulator = await startSimulator({
    issuer,
    clients: [{ clientId: '999999999999.apps.national', jwksUri }],
  })
  const { close } = patient
  patient.close = async () => {
    await simulator.close()
    await close()
  }
  patient.options = {
    ...patient.options,
    environment,
    baseUrl: 'https://app.example.nhs.uk',
    fetch: mapOrigins({
      [`https://${host}`]: simulator.url,
      'https://app.example.nhs.uk': new URL(patient.registeredJwksUri).origin,
    }),
  }
  delete patient.options.issuer
}

/** The published address over TLS, while the registered one stays as it is. */
async function overTls(patient: Patient, served: { cert: string; key: string }, roots?: string[]) {
  patient.options.baseUrl = await patient.serve((req, res) => patient.answerJwks(req, res), served)
  if (roots) patient.input.roots = { keySet: roots }
}

/** Every cause of "JWT is not valid", and of the refusals that look like it, by number. */
export const causes: Readonly<Record<string, readonly Cause[]>> = {
  '1': [
    {
      name: 'aud lacks :443 while discovery publishes it',
      id: 'audience-exact',
      says: /differs only by :443/,
      async plant(patient) {
        await atCis2(patient, 'integration', 'am.nhsint.auth-ptl.cis2.spineservices.nhs.uk')
        const token =
          'https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_token'
        patient.options.clientAssertionAudience = token
      },
    },
  ],
  '2': [
    {
      name: 'aud is the issuer',
      id: 'audience-exact',
      says: /the issuer, not the token endpoint/,
      plant: (patient) => (patient.options.clientAssertionAudience = 'issuer'),
    },
    {
      name: 'aud is an array',
      id: 'audience-exact',
      says: /an array of 1, not one string/,
      plant: (patient) => foreign({ claims: { aud: [tokenEndpointOf(patient)] } })(patient),
    },
  ],
  '3': [
    {
      name: 'aud has a slash at its end',
      id: 'audience-exact',
      says: /only by a "\/" at its end/,
      plant: (patient) => (patient.options.clientAssertionAudience = `${tokenEndpointOf(patient)}/`),
    },
    {
      name: 'aud lacks its scheme',
      id: 'audience-exact',
      says: /lacks its scheme/,
      plant: (patient) =>
        foreign({ claims: { aud: tokenEndpointOf(patient).replace('http://', '') } })(patient),
    },
    {
      name: 'aud is of another realm',
      id: 'audience-exact',
      says: /another address on the same host/,
      plant: (patient) =>
        foreign({ claims: { aud: tokenEndpointOf(patient).replace('Healthcare', 'oidc') } })(patient),
    },
    {
      name: 'aud is missing',
      id: 'audience-exact',
      says: /aud is missing/,
      plant: foreign({ claims: { aud: undefined } }),
    },
  ],
  '4': [
    {
      name: 'iss and sub are the API key of the API platform',
      id: 'client-id-of-cis2',
      says: /API platform/,
      plant: (patient) => (patient.options.clientId = randomBytes(16).toString('hex')),
    },
    {
      name: 'sub is missing',
      id: 'client-id-of-cis2',
      says: /sub is missing/,
      plant: foreign({ claims: { sub: undefined } }),
    },
    {
      name: 'iss is another client',
      id: 'client-id-of-cis2',
      says: /iss and sub differ/,
      plant: foreign({ claims: { iss: '1.apps.national' } }),
    },
    {
      name: 'the assertion is of another client',
      id: 'client-id-of-cis2',
      says: /another client id than the configured/,
      plant: foreign({ claims: { iss: '1.apps.national', sub: '1.apps.national' } }),
    },
  ],
  '5': [
    {
      name: 'an assertion for INT is sent to production',
      id: 'environment-single',
      says: /production.*integration/,
      async plant(patient) {
        await atCis2(patient, 'production', 'am.nhsidentity.spineservices.nhs.uk')
        const aud =
          'https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_token'
        foreign({ claims: { aud } })(patient)
      },
    },
    {
      name: 'the assertion is for the withdrawn development environment',
      id: 'environment-single',
      says: /withdrawn/,
      plant: foreign({
        claims: {
          aud: 'https://am.nhsdev.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/oidc/access_token',
        },
      }),
    },
    {
      name: 'the assertion is for the API platform',
      id: 'environment-single',
      says: /API platform/,
      plant: foreign({ claims: { aud: 'https://int.api.service.nhs.uk/oauth2/token' } }),
    },
    {
      name: 'a client of INT is used elsewhere',
      id: 'client-authentication-works',
      says: /another environment/,
      plant: (patient) => (patient.options.clientId = '888888888888.apps.national'),
    },
    {
      name: 'the client id is mistyped',
      id: 'client-authentication-works',
      says: /^1\. .*Compare CIS2_CLIENT_ID \(999999999998\.apps\.national\) with .*Connection Manager, character by character/,
      plant: (patient) => (patient.options.clientId = '999999999998.apps.national'),
    },
  ],
  '6': [
    {
      name: 'RS512 is registered, and the key signs with its own RS256',
      id: 'algorithm-as-registered',
      says: /says RS512.*sign with RS256/,
      plant(patient) {
        const keys = patient.simulator.client.jwks.keys.map((key) => ({ ...key, alg: 'RS256' }))
        patient.options = { ...patient.options, signingAlgorithm: 'RS512', jwks: { keys } }
        patient.answerJwks = answerJson(createJwks({ jwks: { keys } }))
      },
    },
    {
      name: 'the assertion is signed with RS256, the key is published for RS512',
      id: 'algorithm-as-registered',
      says: /with RS256.*published for RS512/,
      plant: foreign({ header: { alg: 'RS256' }, hash: 'sha256' }),
    },
    {
      name: 'the assertion is signed with a shared secret',
      id: 'algorithm-as-registered',
      says: /shared secret/,
      plant: foreign({ header: { alg: 'HS256' } }),
    },
    {
      name: 'RS256 is registered, and everything here says RS512',
      id: 'client-authentication-works',
      says: /Another algorithm is registered/,
      plant: (patient) => patient.registerAs({ signingAlgorithm: 'RS256' }),
    },
  ],
  '7': [
    {
      name: 'kid is missing',
      id: 'kid-present',
      says: /no kid/,
      plant: foreign({ header: { kid: undefined } }),
    },
  ],
  '8': [
    {
      name: 'the kid is not in the published set',
      id: 'kid-published-once',
      says: /the set has "another-kid"/,
      plant: published((key) => ({ keys: [{ ...key, kid: 'another-kid' }] })),
    },
    {
      name: 'the published modulus has a zero byte in front',
      id: 'jwks-keys-complete',
      says: /zero byte/,
      plant: published((key) => {
        const n = Buffer.concat([Buffer.from([0]), Buffer.from(String(key['n']), 'base64url')])
        return { keys: [{ ...key, n: n.toString('base64url') }] }
      }),
    },
    {
      name: 'the kid is in the published set twice',
      id: 'kid-published-once',
      says: /2 times/,
      plant: published((key) => ({ keys: [key, key] })),
    },
  ],
  '9': [
    {
      name: 'the private key is not the pair of the published one',
      id: 'signature-verifies',
      says: /not by the key/,
      plant: published((key) => ({ keys: [{ ...key, n: otherJwk.n }] })),
    },
  ],
  '10': [
    {
      name: 'the key set is a bare array',
      id: 'jwks-readable',
      says: /bare array/,
      plant: published((key) => [key]),
    },
    {
      name: 'the key set is one key',
      id: 'jwks-readable',
      says: /without a member "keys"/,
      plant: published((key) => key),
    },
  ],
  '11': [
    {
      name: 'the key set is empty',
      id: 'jwks-not-empty',
      says: /empty/,
      plant: published(() => ({ keys: [] })),
    },
  ],
  '12': [
    {
      name: 'the key set is behind basic authentication',
      id: 'jwks-reachable',
      says: /status 401.*asks for a login/,
      plant: (patient) =>
        (patient.answerJwks = answerJson({}, { 'www-authenticate': 'Basic realm="staging"' }, 401)),
    },
    {
      name: 'a firewall stands before the key set',
      id: 'jwks-reachable',
      says: /status 403/,
      plant: (patient) => (patient.answerJwks = answerJson({}, {}, 403)),
    },
    {
      name: 'a login page stands before the key set',
      id: 'jwks-reachable',
      says: /redirect \(302\)/,
      plant: (patient) => (patient.answerJwks = answerJson('', { location: '/login' }, 302)),
    },
    {
      name: 'a login page is served instead of the key set',
      id: 'jwks-reachable',
      says: /HTML page/,
      plant: (patient) =>
        (patient.answerJwks = answerJson('<h1>Log in</h1>', { 'content-type': 'text/html; charset=utf-8' })),
    },
    {
      name: 'the key set is too slow',
      id: 'jwks-reachable',
      says: /gives up after 3 seconds/,
      plant(patient) {
        patient.answerJwks = () => undefined
        patient.input.keySetLimitMs = 50
      },
    },
    {
      name: 'nobody publishes the key set',
      id: 'jwks-reachable',
      says: /status 404/,
      plant: (patient) => (patient.answerJwks = answerJson({}, {}, 404)),
    },
    {
      name: 'baseUrl has a path that Express does not serve',
      id: 'jwks-reachable',
      says: /^baseUrl has the path \/app: does the proxy strip it, or is the app mounted there\?/,
      plant(patient) {
        patient.options.baseUrl = `${patient.options.baseUrl}/app`
        patient.answerJwks = answerJson({}, {}, 404)
      },
    },
    {
      name: 'nobody listens where the key set should be',
      id: 'jwks-reachable',
      says: /ECONNREFUSED/,
      plant: (patient) => (patient.input.jwksUri = 'http://127.0.0.1:1/cis2/jwks'),
    },
  ],
  '13': [
    {
      name: 'the certificate of the key set comes without its intermediate',
      id: 'jwks-certificate-trusted',
      says: /chain is incomplete/,
      async plant(patient) {
        const { root, leaf } = createChain()
        await overTls(patient, leaf, [root.cert])
      },
    },
    {
      name: 'the certificate of the key set has a private root',
      id: 'jwks-certificate-trusted',
      says: /private root/,
      async plant(patient) {
        const { root, intermediate, leaf } = createChain()
        await overTls(patient, { ...leaf, cert: leaf.cert + intermediate.cert + root.cert })
      },
    },
    {
      name: 'the certificate of the key set has expired',
      id: 'jwks-certificate-trusted',
      says: /has expired/,
      async plant(patient) {
        const { root } = createChain()
        const leaf = createCertificate({ name: 'localhost', by: root, host: 'localhost', days: [-30, -1] })
        await overTls(patient, leaf, [root.cert])
      },
    },
    {
      name: 'the certificate of the key set is for another host',
      id: 'jwks-certificate-trusted',
      says: /another host name/,
      async plant(patient) {
        const { root } = createChain()
        const leaf = createCertificate({ name: 'app.test', by: root, host: 'app.test' })
        await overTls(patient, leaf, [root.cert])
      },
    },
    {
      name: 'the host of the key set speaks nothing newer than TLS 1.1',
      id: 'jwks-certificate-trusted',
      says: /TLS 1\.1/,
      async plant(patient) {
        const { root, leaf } = createChain()
        const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
        await overTls(patient, { ...leaf, ...old }, [root.cert])
      },
    },
  ],
  '14': [
    {
      name: 'the private key is published',
      id: 'jwks-public-only',
      says: /key 1 has d, p, q, dp, dq, qi/,
      plant: (patient) => (patient.answerJwks = answerJson(patient.simulator.client.jwks)),
    },
    {
      name: 'the key is published for encryption',
      id: 'jwks-keys-complete',
      says: /another use than "sig"/,
      plant: published((key) => ({ keys: [{ ...key, use: 'enc' }] })),
    },
    {
      name: 'the key is published without alg',
      id: 'jwks-keys-complete',
      says: /no alg/,
      plant: published((key) => ({ keys: [{ ...key, alg: undefined }] })),
    },
    {
      name: 'the key may not verify',
      id: 'jwks-keys-complete',
      says: /key_ops without "verify"/,
      plant: published((key) => ({ keys: [{ ...key, key_ops: ['sign'] }] })),
    },
    {
      name: 'what is published is no key',
      id: 'jwks-keys-complete',
      says: /key 2 has another kty/,
      plant: published((key) => ({ keys: [key, 'a key'] })),
    },
    {
      name: 'the key set is no JSON',
      id: 'jwks-readable',
      says: /not JSON/,
      plant: (patient) => (patient.answerJwks = answerJson('-----BEGIN PUBLIC KEY-----')),
    },
  ],
  '15': [
    {
      name: 'the key is used before CIS2 can have it',
      id: 'key-published-long-enough',
      says: /changed 10 minutes ago/,
      async plant(patient) {
        // CIS2 has the copy from before, with another key, and looks again once a minute.
        const registered = await patient.serve(
          answerJson({ keys: [{ ...publicKeyOf(patient), kid: 'the old one' }] }),
        )
        const { jwks } = patient.simulator.client
        await patient.registerAs({ jwksUri: registered })
        patient.answerJwks = answerJson(createJwks({ jwks }), { 'last-modified': minutesAgo(10) })
      },
    },
    {
      name: 'the old key is no longer published and still signs',
      id: 'kid-published-once',
      says: /the set has "the-new-one"/,
      plant: published((key) => ({ keys: [{ ...key, kid: 'the-new-one', n: otherJwk.n }] })),
    },
  ],
  '16': [
    {
      name: 'exp is an hour ahead',
      id: 'lifetime-short',
      says: /lives for 3600 seconds/,
      plant: (patient) => foreign({ claims: { exp: Math.floor(Date.now() / 1000) + 3600 } })(patient),
    },
    {
      name: 'exp is missing',
      id: 'lifetime-short',
      says: /exp is missing/,
      plant: foreign({ claims: { exp: undefined } }),
    },
  ],
  '17': [
    {
      name: 'exp and iat are in milliseconds',
      id: 'times-in-seconds',
      says: /exp is in milliseconds; iat is in milliseconds/,
      plant: (patient) => foreign({ claims: { iat: Date.now(), exp: Date.now() + 60_000 } })(patient),
    },
    {
      name: 'exp is text',
      id: 'times-in-seconds',
      says: /exp is text/,
      plant: (patient) => foreign({ claims: { exp: String(Math.floor(Date.now() / 1000) + 60) } })(patient),
    },
    {
      name: 'iat has a fraction',
      id: 'times-in-seconds',
      says: /iat has a fraction/,
      plant: (patient) => foreign({ claims: { iat: Math.floor(Date.now() / 1000) - 0.5 } })(patient),
    },
  ],
  '19': [
    {
      name: 'jti is missing',
      id: 'assertion-id-unique',
      says: /jti is missing/,
      plant: foreign({ claims: { jti: undefined } }),
    },
    {
      name: 'jti is made of the client id and the second',
      id: 'assertion-id-unique',
      says: /made of the client id or the time/,
      plant: (patient) =>
        foreign({ claims: { jti: `${patient.options.clientId}-${Math.floor(Date.now() / 1000)}` } })(patient),
    },
  ],
  '20': [
    {
      name: 'typ is missing',
      id: 'assertion-typed',
      says: /no typ/,
      plant: foreign({ header: { typ: undefined } }),
    },
  ],
  '21': [
    {
      name: 'the key is cut short',
      id: 'signing-key-usable',
      says: /cannot be read/,
      plant: signingKey((pem) => pem.slice(0, 400)),
    },
    {
      name: 'the key is a file name',
      id: 'signing-key-usable',
      says: /is it a file name/,
      plant: signingKey('./private-key.pem'),
    },
    {
      name: 'the key is a public one',
      id: 'signing-key-usable',
      says: /public key/,
      plant: signingKey(otherKey.publicKey.export({ format: 'pem', type: 'spki' }).toString()),
    },
    {
      name: 'the key is a certificate',
      id: 'signing-key-usable',
      says: /certificate/,
      plant: (patient) => signingKey(createChain().leaf.cert)(patient),
    },
    {
      name: 'the key is encrypted',
      id: 'signing-key-usable',
      says: /encrypted with a passphrase/,
      plant: signingKey(
        otherKey.privateKey
          .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open' })
          .toString(),
      ),
    },
    {
      name: 'the key is for elliptic curves, and the algorithm is RS512',
      id: 'signing-key-usable',
      says: /RS512 needs an RSA key/,
      plant: (patient) => signingKey(createChain().leaf.key)(patient),
    },
  ],
  '22': [
    {
      name: 'the assertion is the word undefined',
      id: 'assertion-readable',
      says: /undefined/,
      plant: (patient) => (patient.input.assertion = 'undefined'),
    },
    {
      name: 'the assertion is empty',
      id: 'assertion-readable',
      says: /empty/,
      plant: (patient) => (patient.input.assertion = ''),
    },
    {
      name: 'the assertion is an error message',
      id: 'assertion-readable',
      says: /no JWT/,
      plant: (patient) => (patient.input.assertion = 'Error: key not found'),
    },
  ],
  '23': [
    {
      name: 'a client secret is sent beside the assertion',
      id: 'token-request-sound',
      says: /client_secret beside the assertion/,
      plant: foreignRequest((assertion) => form(assertion, { client_secret: 'not told' })),
    },
    {
      name: 'the client is registered for a secret',
      id: 'client-authentication-works',
      says: /registered for a client secret/,
      plant: (patient) =>
        patient.simulator.setFault('token.error', {
          error: 'invalid_client',
          error_description: 'Invalid authentication method for accessing this endpoint.',
        }),
    },
  ],
  '24': [
    {
      name: 'client_assertion_type is mistyped',
      id: 'token-request-sound',
      says: /mistyped/,
      plant: foreignRequest((assertion) =>
        form(assertion, { client_assertion_type: assertionType.replace('bearer', 'token') }),
      ),
    },
    {
      name: 'client_assertion_type is URL-encoded twice',
      id: 'token-request-sound',
      says: /URL-encoded twice/,
      plant: foreignRequest((assertion) =>
        form(assertion, { client_assertion_type: encodeURIComponent(assertionType) }),
      ),
    },
    {
      name: 'the body is JSON',
      id: 'token-request-sound',
      says: /JSON, not a form/,
      plant: foreignRequest((assertion) =>
        JSON.stringify({ grant_type: 'authorization_code', client_assertion: assertion }),
      ),
    },
    {
      name: 'HTTP Basic is sent beside the assertion',
      id: 'token-request-sound',
      says: /Authorization header \(Basic\)/,
      plant: foreignRequest(
        (assertion) =>
          `POST /access_token HTTP/1.1\r\nAuthorization: Basic bm90IHRvbGQ=\r\n\r\n${form(assertion)}`,
      ),
    },
  ],
  '25': [
    {
      name: 'the registered jwks_uri is an old one that has no keys any more',
      id: 'client-authentication-works',
      says: /^1\. The registered jwks_uri is out of date/,
      plant: async (patient) =>
        patient.registerAs({ jwksUri: `${await patient.serve(answerJson({}, {}, 410))}/jwks` }),
    },
    {
      name: 'the registered jwks_uri still has the old key',
      id: 'client-authentication-works',
      says: /^1\. CIS2 has other keys than the published ones/,
      plant: async (patient) =>
        patient.registerAs({
          jwksUri: await patient.serve(
            answerJson({ keys: [{ ...publicKeyOf(patient), kid: 'the old one' }] }),
          ),
        }),
    },
  ],
  '26': [
    {
      name: 'the RSA key has 1024 bits',
      id: 'signing-key-usable',
      says: /1024 bits/,
      plant: (patient) =>
        signingKey(
          generateKeyPairSync('rsa', { modulusLength: 1024 })
            .privateKey.export({ format: 'pem', type: 'pkcs8' })
            .toString(),
        )(patient),
    },
  ],
  '27': [
    {
      name: 'the client was created a moment ago',
      id: 'client-authentication-works',
      says: /^1\. .*Just created or changed.*wait a minute and retry/,
      plant: (patient) => patient.registerAs({ clientId: '888888888888.apps.national' }),
    },
  ],
}

/** What else the doctor names: the provider, the redirect URI, the settings. */
export const furtherCauses: readonly Cause[] = [
  {
    name: 'the secret is missing',
    id: 'settings-valid',
    says: /secret is missing/,
    plant: (patient) => delete patient.options.secret,
  },
  {
    name: 'nothing is set',
    id: 'settings-valid',
    says: /jwks is missing.*clientId is missing/s,
    plant: (patient) => (patient.options = {}),
  },
  {
    name: 'an option is misspelt',
    id: 'settings-valid',
    says: /clientID is not an option; did you mean `clientId`/,
    plant: (patient) => (patient.options['clientID'] = 'x'),
  },
  {
    name: 'nobody listens at the issuer',
    id: 'provider-reachable',
    says: /ECONNREFUSED/,
    plant: (patient) => (patient.options.issuer = 'http://127.0.0.1:1/openam'),
  },
  {
    name: 'the issuer has no such host',
    id: 'provider-reachable',
    says: /host name cannot be looked up/,
    plant(patient) {
      patient.options.issuer = 'https://am.test.invalid/openam'
      patient.options.baseUrl = 'https://app.example.nhs.uk'
      patient.input.jwksUri = patient.registeredJwksUri
    },
  },
  {
    name: "CIS2's certificate is not trusted here",
    id: 'provider-certificate-trusted',
    says: /private root/,
    async plant(patient) {
      const { root, intermediate, leaf } = createChain()
      const cert = leaf.cert + intermediate.cert + root.cert
      patient.options.issuer = `${await patient.serve(passOn(patient.simulator.url), { ...leaf, cert })}/openam`
    },
  },
  {
    name: 'CIS2 speaks nothing newer than TLS 1.1',
    id: 'provider-certificate-trusted',
    says: /TLS 1\.1/,
    async plant(patient) {
      const { root, leaf } = createChain()
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
      patient.options.issuer = `${await patient.serve(passOn(patient.simulator.url), { ...leaf, ...old })}/openam`
      patient.input.roots = { provider: [root.cert] }
    },
  },
  {
    name: 'discovery answers 404',
    id: 'discovery-valid',
    says: /status 404/,
    plant: (patient) => (patient.options.issuer = `${patient.simulator.url}/openam/oauth2`),
  },
  {
    name: 'a proxy answers instead of discovery',
    id: 'discovery-valid',
    says: /something else than JSON/,
    plant: (patient) => patient.simulator.setFault('discovery.html'),
  },
  {
    name: 'discovery lacks its token endpoint',
    id: 'discovery-valid',
    says: /token_endpoint is missing/,
    plant: (patient) => patient.simulator.setFault('discovery', { token_endpoint: undefined }),
  },
  {
    name: 'discovery is of another realm',
    id: 'issuer-exact',
    says: /another address on the same host/,
    plant: (patient) =>
      patient.simulator.setFault('discovery', {
        issuer: `${patient.simulator.url}/openam/oauth2/realms/root/realms/oidc`,
      }),
  },
  {
    name: 'the redirect URI carries a default port',
    id: 'redirect-uri-exact',
    says: /carries a default port/,
    async plant(patient) {
      await atCis2(patient, 'integration', 'am.nhsint.auth-ptl.cis2.spineservices.nhs.uk')
      patient.options.redirectUri = 'https://app.example.nhs.uk:443/cis2/callback'
    },
  },
  {
    name: 'the redirect URI is on this machine while CIS2 is not',
    id: 'redirect-uri-exact',
    says: /http on this machine/,
    async plant(patient) {
      await atCis2(patient, 'integration', 'am.nhsint.auth-ptl.cis2.spineservices.nhs.uk')
      patient.options.baseUrl = 'http://localhost:3000'
      patient.input.jwksUri = 'https://app.example.nhs.uk/cis2/jwks'
    },
  },
  {
    name: 'the redirect URI has a wildcard',
    id: 'redirect-uri-exact',
    says: /wildcard/,
    plant: (patient) => (patient.options.redirectUri = `${patient.options.baseUrl}/*`),
  },
  {
    name: 'CIS2 said that the redirect URI is not registered',
    id: 'redirect-uri-exact',
    says: /does not match a pre-registered value/,
    plant: (patient) =>
      (patient.input.said =
        'the token endpoint answered "redirect_uri_mismatch": "The redirection URI provided does not match a pre-registered value."'),
  },
]
