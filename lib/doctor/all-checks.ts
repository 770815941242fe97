import type { Check } from './check.js'
import { algorithmAsRegistered } from './checks/algorithm-as-registered.js'
import { assertionIdUnique } from './checks/assertion-id-unique.js'
import { assertionReadable } from './checks/assertion-readable.js'
import { assertionTyped } from './checks/assertion-typed.js'
import { audienceExact } from './checks/audience-exact.js'
import { clientAuthenticationWorks } from './checks/client-authentication-works.js'
import { clientIdOfCis2 } from './checks/client-id-of-cis2.js'
import { clockInStep } from './checks/clock-in-step.js'
import { discoveryValid } from './checks/discovery-valid.js'
import { environmentSingle } from './checks/environment-single.js'
import { issuerExact } from './checks/issuer-exact.js'
import { jwksCertificateTrusted } from './checks/jwks-certificate-trusted.js'
import { jwksKeysComplete } from './checks/jwks-keys-complete.js'
import { jwksNotEmpty } from './checks/jwks-not-empty.js'
import { jwksPublicOnly } from './checks/jwks-public-only.js'
import { jwksReachable } from './checks/jwks-reachable.js'
import { jwksReadable } from './checks/jwks-readable.js'
import { keyPublishedLongEnough } from './checks/key-published-long-enough.js'
import { kidPresent } from './checks/kid-present.js'
import { kidPublishedOnce } from './checks/kid-published-once.js'
import { lifetimeShort } from './checks/lifetime-short.js'
import { providerCertificateTrusted } from './checks/provider-certificate-trusted.js'
import { providerReachable } from './checks/provider-reachable.js'
import { redirectUriExact } from './checks/redirect-uri-exact.js'
import { settingsValid } from './checks/settings-valid.js'
import { signatureVerifies } from './checks/signature-verifies.js'
import { signingKeyUsable } from './checks/signing-key-usable.js'
import { timesInSeconds } from './checks/times-in-seconds.js'
import { tokenRequestSound } from './checks/token-request-sound.js'

/** Every check, in the order in which they are made: a check comes after those that it needs. */
export const allChecks: readonly Check[] = [
  settingsValid,
  signingKeyUsable,
  providerReachable,
  providerCertificateTrusted,
  discoveryValid,
  issuerExact,
  clockInStep,
  redirectUriExact,
  tokenRequestSound,
  assertionReadable,
  environmentSingle,
  clientIdOfCis2,
  audienceExact,
  assertionTyped,
  timesInSeconds,
  lifetimeShort,
  assertionIdUnique,
  kidPresent,
  jwksCertificateTrusted,
  jwksReachable,
  jwksReadable,
  jwksNotEmpty,
  jwksPublicOnly,
  jwksKeysComplete,
  kidPublishedOnce,
  algorithmAsRegistered,
  signatureVerifies,
  keyPublishedLongEnough,
  clientAuthenticationWorks,
]
