export { verifyLogoutToken } from './back-channel-logout/verify-logout-token.js'
export { createCis2, type Cis2, type Cis2Health } from './cis2.js'
export type { Cis2Options } from './config/options.js'
export type { Environment } from './config/environments.js'
export { optionsFromEnv, type EnvironmentVariables } from './config/options-from-env.js'
export type { ErrorPageContext, LoggedOutPageContext, SessionEndedPageContext } from './error-page.js'
export type { Page } from './send-page.js'
export {
  AccessError,
  Cis2Error,
  ConfigurationError,
  LoginError,
  LogoutTokenError,
  ProviderError,
  SessionError,
  type Cis2ErrorCode,
  type ConfigurationProblem,
} from './errors.js'
export type {
  BackChannelLogoutEvent,
  BackChannelRefusedEvent,
  Cis2Event,
  Cis2EventName,
  Cis2Events,
  Cis2EventStream,
  ClientRefusedEvent,
  ConfigurationWarningEvent,
  LoginSucceededEvent,
  ProviderUnavailableEvent,
} from './events.js'
export { getUser } from './guards/get-user.js'
export { requireLogin } from './guards/require-login.js'
export { createJwks } from './keys/create-jwks.js'
export type { KeyStatus, PrivateJwk, PrivateJwks, PublicJwks } from './keys/key-set.js'
export type { PublicJwk } from './keys/public-jwk.js'
export type { RemoteSigner } from './keys/remote-signer.js'
export type { SigningKeyInput } from './keys/signing-key.js'
export { createClientAssertion } from './provider/client-assertion.js'
export type { ProviderHealth } from './provider/provider.js'
export type { Cis2RequestContext, Cis2Session } from './request-context.js'
export type { Cis2SessionRecord, Cis2Tokens } from './session/session-data.js'
export type { Cis2Organisation } from './user/organisation.js'
export type { Cis2Role, CodedName } from './user/role.js'
export { parseUserInfo, type Cis2User, type ProfessionalBody, type SelectedRole } from './user/user.js'
