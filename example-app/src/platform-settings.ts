import type { PlatformOptions } from 'express-cis2'

/** NHS England's API platform, and the API of it that this application asks. */
export interface Platform {
  options: PlatformOptions
  apiUrl: string
}

const needed = ['PLATFORM_API_KEY', 'PLATFORM_API_SECRET', 'PLATFORM_SIGNING_KEY', 'PLATFORM_API_URL']
const one = ['PLATFORM_ENVIRONMENT', 'PLATFORM_TOKEN_URL']

/** What the PLATFORM_… variables say, or nothing when none is set. */
export function readPlatformSettings(env: NodeJS.ProcessEnv): Platform | undefined {
  const isSet = (name: string): boolean => (env[name] ?? '') !== ''
  if (![...needed, ...one].some(isSet)) return undefined
  const missing = needed.filter((name) => !isSet(name))
  if (one.filter(isSet).length !== 1) missing.unshift('one of PLATFORM_ENVIRONMENT and PLATFORM_TOKEN_URL')
  if (missing.length > 0)
    throw new Error(`The API platform needs all of its settings. Give also: ${missing.join(', ')}`)
  return {
    options: {
      ...parseWhere(env),
      apiKey: env.PLATFORM_API_KEY ?? '',
      apiSecret: env.PLATFORM_API_SECRET ?? '',
      signingKey: env.PLATFORM_SIGNING_KEY ?? '',
    },
    apiUrl: parseAddress('PLATFORM_API_URL', env.PLATFORM_API_URL ?? ''),
  }
}

function parseWhere(env: NodeJS.ProcessEnv): Pick<PlatformOptions, 'environment' | 'tokenUrl'> {
  const { PLATFORM_ENVIRONMENT: environment, PLATFORM_TOKEN_URL: tokenUrl } = env
  if (tokenUrl) return { tokenUrl }
  if (environment === 'integration' || environment === 'production') return { environment }
  throw new Error('PLATFORM_ENVIRONMENT must be integration or production')
}

// An access token goes there.
function parseAddress(name: string, text: string): string {
  const { protocol, hostname } = URL.canParse(text) ? new URL(text) : { protocol: '', hostname: '' }
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
  if (protocol === 'https:' || (protocol === 'http:' && isHere)) return text
  throw new Error(`${name} must be an https address`)
}
