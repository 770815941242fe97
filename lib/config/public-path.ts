/** Where this application and our routes in it are, as far as paths are concerned. */
export interface PublicPlaces {
  readonly baseOrigin: string
  /** The path prefix of `baseUrl`, without a trailing slash: '' for none. */
  readonly basePath: string
  readonly routes: Readonly<Record<string, string>>
}

/** The path as browsers see it: with the prefix of `baseUrl`, also where a proxy strips it. Not one of our own routes. */
export function publicPath(path: string, { baseOrigin, basePath, routes }: PublicPlaces): string | undefined {
  const isPublic = path.startsWith(basePath) && /^(?:[/?#]|$)/.test(path.slice(basePath.length))
  const result = isPublic ? path : basePath + path
  // As the browser will ask for it: without dot segments.
  const pathname = new URL(result, baseOrigin).pathname.toLowerCase().replace(/\/+$/, '')
  const isOwnRoute = Object.values(routes).some((route) => pathname === (basePath + route).toLowerCase())
  return isOwnRoute ? undefined : result
}
