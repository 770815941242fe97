/** What has to be right before CIS2's opinion of the client can say anything new. */
export const whatTheClientNeeds: readonly string[] = [
  'signing-key-usable',
  'issuer-exact',
  'clock-in-step',
  'token-request-sound',
  'assertion-typed',
  'client-id-of-cis2',
  'environment-single',
  'audience-exact',
  'lifetime-short',
  'assertion-id-unique',
  'algorithm-as-registered',
  'signature-verifies',
]
