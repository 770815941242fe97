import type { Config } from '../config/config.js'

/** What CIS2's technical conformance asks for, the setting that meets it, and the test that proves it. */
export interface Requirement {
  /** "NHS CIA … Req …", where one is known. */
  readonly id: string
  readonly subject: string
  /** How it is met, from the settings. */
  readonly setting: (config: Config) => string
  readonly isMet: (config: Config) => boolean
  /** In the repository of express-cis2. */
  readonly test: { readonly file: string; readonly title: string }
}

export const requirements: readonly Requirement[] = [
  {
    id: 'NHS CIA UI Req 001',
    subject: 'the sub of UserInfo is that of the ID token',
    setting: ({ userInfo }) =>
      userInfo === false ? 'UserInfo is not called (userInfo: false)' : 'checked at every login',
    isMet: () => true,
    test: { file: 'test/journey/userinfo.test.ts', title: 'the sub of somebody else' },
  },
  {
    id: 'NHS CIA SC Req 002',
    subject: 'the identity assurance level is checked',
    setting: ({ minimumIdentityAssurance: level }) => `minimumIdentityAssurance: ${level}`,
    isMet: ({ minimumIdentityAssurance: level }) => level >= 3,
    test: { file: 'test/journey/id-token.test.ts', title: 'an identity level too low' },
  },
  {
    id: 'NHS CIA SC Req 003',
    subject: 'no more scopes than are needed are asked for (yours to judge)',
    setting: ({ scope }) => `scope: '${scope}'`,
    isMet: () => true,
    test: {
      file: 'test/journey/login-request.test.ts',
      title: 'has every parameter that CIS2 needs, once each',
    },
  },
  {
    id: 'NHS CIA ACR Req 001',
    subject: 'the authentication level that was reached is checked',
    setting: ({ minimumAuthenticationAssurance: level }) => `minimumAuthenticationAssurance: ${level}`,
    isMet: ({ minimumAuthenticationAssurance: level }) => level >= 2,
    test: { file: 'test/journey/id-token.test.ts', title: 'an authentication level too low' },
  },
  {
    id: 'NHS CIA Ses Req 002',
    subject: 'prompt=login, or max_age of at most five minutes, is sent',
    setting: ({ prompt, maxAgeSeconds }) =>
      [
        prompt === undefined ? 'prompt: false' : `prompt: '${prompt}'`,
        ...(maxAgeSeconds === undefined ? [] : [`maxAgeSeconds: ${maxAgeSeconds}`]),
      ].join(', '),
    isMet: ({ prompt, maxAgeSeconds }) =>
      prompt?.split(' ').includes('login') === true || (maxAgeSeconds ?? Infinity) <= 300,
    test: {
      file: 'test/journey/login-request.test.ts',
      title: 'has every parameter that CIS2 needs, once each',
    },
  },
  {
    id: 'NHS CIA Ses Req 003',
    subject: 'auth_time is checked',
    setting: ({ maximumAuthAgeSeconds }) => `maximumAuthAgeSeconds: ${maximumAuthAgeSeconds}`,
    isMet: ({ maximumAuthAgeSeconds }) => maximumAuthAgeSeconds <= 300,
    test: { file: 'test/journey/id-token.test.ts', title: 'auth_time 320 seconds ago' },
  },
  {
    id: 'NHS CIA Ses Req 005',
    subject: 'a login ends after 15 minutes without activity',
    setting: ({ idleTimeoutSeconds }) => `session.idleTimeoutMinutes: ${idleTimeoutSeconds / 60}`,
    isMet: ({ idleTimeoutSeconds }) => idleTimeoutSeconds <= 15 * 60,
    test: { file: 'test/journey/guards-and-logout.test.ts', title: 'ends after 15 idle minutes' },
  },
  {
    id: 'NHS CIA Ses Req 007',
    subject: 'a login ends after 12 hours',
    setting: ({ absoluteTimeoutSeconds }) => `session.absoluteTimeoutHours: ${absoluteTimeoutSeconds / 3600}`,
    isMet: ({ absoluteTimeoutSeconds }) => absoluteTimeoutSeconds <= 12 * 3600,
    test: { file: 'test/journey/session-expiry.test.ts', title: 'ends after 12 hours however busy' },
  },
  {
    id: 'NHS CIA Sec Req 003',
    subject: 'TLS 1.2 or later towards CIS2',
    setting: ({ fetch }) =>
      fetch === undefined ? 'always, whatever the process allows' : 'left to the `fetch` of the application',
    isMet: () => true,
    test: {
      file: 'test/unit/tls-version.test.ts',
      title: 'a call to CIS2 offers TLS 1.2 and 1.3, also where the process allows older ones',
    },
  },
  {
    id: '(id not known)',
    subject: 'back-channel logout',
    setting: ({ backChannelLogout }) => `backChannelLogout: ${backChannelLogout}`,
    isMet: ({ backChannelLogout }) => backChannelLogout,
    test: {
      file: 'test/journey/ended-by-cis2.test.ts',
      title: 'that names the person ends all their sessions on all processes, and nobody else’s',
    },
  },
]
