export { logIn } from './log-in.js'
export type { LogInOptions, TestApp } from './log-in-options.js'
