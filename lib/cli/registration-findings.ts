import { requirements, type Requirement } from './conformance.js'
import type { RegistrationSettings } from './registration-settings.js'

/** Everything about the settings that CIS2 would not take, or could not use, in sentences. */
export function findRegistrationProblems(settings: RegistrationSettings): string[] {
  const { config, jwksUri, backChannelLogoutUri } = settings
  const addresses = Object.entries({
    'redirect URI': config.redirectUri,
    'JWKS URI': jwksUri,
    'back-channel logout URI': backChannelLogoutUri,
  })
  return [
    ...addresses.flatMap(([name, address]) => {
      // The simulator on this machine takes what CIS2 does not.
      if (address === undefined || address.startsWith('https:') || config.issuer.startsWith('http:'))
        return []
      return `The ${name} is not https, so CIS2 cannot use it: set CIS2_BASE_URL to the public address.`
    }),
    ...findAlgorithmProblems(settings),
    ...unmet(settings).map(
      ({ id, subject, setting }) => `${id} is not met (${subject}): ${setting(config)}.`,
    ),
  ]
}

function unmet({ config }: RegistrationSettings): readonly Requirement[] {
  return requirements.filter(({ isMet }) => !isMet(config))
}

function findAlgorithmProblems({ config, askedAlgorithm }: RegistrationSettings): string[] {
  const { members, signingKey } = config.keys
  const { algorithm } = signingKey
  const others = members.filter(
    (member) => member.signingKey !== undefined && member.signingKey.algorithm !== algorithm,
  )
  return [
    ...(askedAlgorithm === undefined || askedAlgorithm === algorithm
      ? []
      : [
          `The algorithm asked for is ${askedAlgorithm}, and the key's own "alg" is ${algorithm}, which counts.`,
        ]),
    ...others.map(
      ({ publicJwk }) =>
        `The key ${publicJwk.kid} is for ${publicJwk.alg}, and ${algorithm} is what will be registered: CIS2 would refuse that key.`,
    ),
  ]
}
