export { Cis2Strategy } from './cis2-strategy.js'
export type { Cis2LoginFailure } from './login-failure.js'
export type { Cis2StrategyActions } from './strategy-actions.js'
export type { Cis2Verify, Cis2VerifyDone, Cis2VerifyInfo } from './verify-user.js'
