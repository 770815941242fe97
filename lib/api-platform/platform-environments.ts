/** The token endpoints of NHS England's API platform. They are also the audience of the client assertion, as text. */
export const platformEnvironments = {
  integration: 'https://int.api.service.nhs.uk/oauth2/token',
  production: 'https://api.service.nhs.uk/oauth2/token',
} as const

/** One of the API platform's environments for user-restricted APIs. */
export type PlatformEnvironment = keyof typeof platformEnvironments
