const words: readonly [RegExp, string][] = [
  [
    /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT/,
    'the chain is incomplete: the certificate came without the intermediate that signed it, or its root is private',
  ],
  [/SELF_SIGNED_CERT_IN_CHAIN/, 'the chain ends at a private root, which only those trust who were given it'],
  [/DEPTH_ZERO_SELF_SIGNED/, 'the certificate is self-signed'],
  [/EXPIRED/, 'the certificate has expired'],
  [/NOT_YET_VALID/, 'the certificate is not valid yet'],
  [/ALTNAME|HOSTNAME/, 'the certificate is for another host name'],
  [
    /SSL|TLS|EPROTO/,
    'no common TLS version: the server may speak nothing newer than TLS 1.1, or no TLS at all',
  ],
]

/** What a code of Node's or OpenSSL's says about a chain or a TLS version. */
export function describeTlsFailure(code: string): string {
  const [, text = 'the certificate is not trusted'] = words.find(([pattern]) => pattern.test(code)) ?? []
  return `${text} (${code})`
}
