import type { RequestHandler } from 'express'
import { ConfigurationError } from '../errors.js'
import type { KeySet } from './key-set.js'

// Long enough to spare the server, short enough that a new key is seen well before it signs.
const cacheControl = 'public, max-age=300'

/**
 * The public key set (RFC 7517), as CIS2 fetches it: no session, no store, no signing and no serialising per request.
 *
 * @param currentKeys looked up on every request, so that replaced keys are served at once
 */
export function createJwksRoute(currentKeys: () => KeySet): RequestHandler {
  return function cis2Jwks(req, res, next) {
    if (res.writableEnded) return
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.set('Allow', 'GET, HEAD').sendStatus(405)
      return
    }
    const { body, etag, publicJwks } = currentKeys()
    // Start-up and setKeys refuse a set without keys; were one to come through, CIS2 would cache what is served here.
    if (publicJwks.keys.length === 0) {
      next(new ConfigurationError('ERR_CIS2_KEY_SET'))
      return
    }
    if (
      req.headers['if-none-match']
        ?.split(/\s*,\s*/)
        .some((tag) => tag === etag || tag === `W/${etag}` || tag === '*')
    ) {
      res.writeHead(304, { 'Cache-Control': cacheControl, ETag: etag }).end()
      return
    }
    // Not res.send(): it would hash the same bytes again on every hit. Text goes out in one write with the headers, and
    // headers given all at once are not kept one by one first.
    res.writeHead(200, {
      'Cache-Control': cacheControl,
      ETag: etag,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    })
    res.end(req.method === 'HEAD' ? undefined : body)
  }
}
