import { parsePlatformOptions } from '../../lib/api-platform/platform-options.js'
import { testKeys } from './keys.js'

/** The settings of an application that is registered with the API platform, as they are read. */
export const platformConfig = parsePlatformOptions({
  tokenUrl: 'https://platform.sim.test/oauth2/token',
  apiKey: 'key',
  apiSecret: 'secret of the API',
  signingKey: testKeys.jwks.keys[0] ?? '',
})
