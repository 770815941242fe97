const realm = 'openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare'

/** The environments of CIS2 Authentication, with their issuer identifiers as their discovery documents print them. */
export const environments = {
  integration: `https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/${realm}`,
  deployment: `https://am.nhsdep.auth-ptl.cis2.spineservices.nhs.uk:443/${realm}`,
  production: `https://am.nhsidentity.spineservices.nhs.uk:443/${realm}`,
} as const

/** One of CIS2's environments. */
export type Environment = keyof typeof environments
