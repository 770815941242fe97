export { exchangeIdToken, type PlatformToken } from './api-platform/exchange-id-token.js'
export { explainPlatformError, type PlatformExplanation } from './api-platform/explain-platform-error.js'
export type { PlatformEnvironment } from './api-platform/platform-environments.js'
export type { PlatformOptions } from './api-platform/platform-options.js'
export { requestPlatformTokens, type PlatformGrant } from './api-platform/request-platform-tokens.js'
export { buildRoleHeader, type RoleHeader } from './api-platform/role-header.js'
export type { PlatformTokens } from './api-platform/token-response.js'
export { verifyLogoutToken } from './back-channel-logout/verify-logout-token.js'
export { createCis2, type Cis2, type Cis2Health } from './cis2.js'
export type { ChooseRolePageContext, LoggedOutPageContext } from './config/page-contexts.js'
export {
  diagnose,
  type CheckResult,
  type CheckStatus,
  type DiagnoseInput,
  type Diagnosis,
} from './diagnose.js'
export type { Cis2Options } from './config/options.js'
export type { Environment } from './config/environments.js'
export { optionsFromEnv, type EnvironmentVariables } from './config/options-from-env.js'
export type { ErrorPageContext, PageLink, SessionEndedPageContext } from './error-page.js'
export type { Page } from './send-page.js'
export {
  AccessError,
  Cis2Error,
  ConfigurationError,
  LoginError,
  LogoutTokenError,
  PlatformError,
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
  Finding,
  KeysRotatedEvent,
  LoginDiagnosedEvent,
  LoginSucceededEvent,
  ProviderUnavailableEvent,
} from './events.js'
export { allOf } from './guards/all-of.js'
export { anyOf } from './guards/any-of.js'
export type { AssuranceDemand, DenialReason } from './guards/denial.js'
export { getUser } from './guards/get-user.js'
export type { LoginException } from './guards/login-exceptions.js'
export { requireActivity } from './guards/require-activity.js'
export { requireAssurance } from './guards/require-assurance.js'
export { requireLogin } from './guards/require-login.js'
export { requireOrganisation } from './guards/require-organisation.js'
export { requireRole } from './guards/require-role.js'
export { requireUser } from './guards/require-user.js'
export { requireWorkgroup } from './guards/require-workgroup.js'
export { createJwks } from './keys/create-jwks.js'
export type { KeyReport } from './keys/key-ring.js'
export type { PublicJwks, WaitingKey } from './keys/key-set.js'
export type { JwksFunction } from './keys/key-source.js'
export type { KeyLifeCycle, KeyStatus, PrivateJwk, PrivateJwks, RemoteKey } from './keys/private-jwk.js'
export type { PublicJwk } from './keys/public-jwk.js'
export type { RemoteSigner } from './keys/remote-signer.js'
export type { SigningKeyInput } from './keys/signing-key.js'
export { createClientAssertion } from './provider/client-assertion.js'
export type { ProviderHealth } from './provider/provider.js'
export type { Cis2RequestContext, Cis2Session } from './request-context.js'
export type { Cis2SessionRecord, Cis2Tokens } from './session/session-data.js'
export type { Cis2Organisation } from './user/organisation.js'
export type { Cis2Role, CodedName } from './user/role.js'
export type { SelectedRole } from './user/selected-role.js'
export { parseUserInfo, type Cis2User, type ProfessionalBody } from './user/user.js'
