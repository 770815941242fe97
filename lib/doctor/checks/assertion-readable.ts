import { fail, pass, skipped, type Check } from '../check.js'

export const assertionReadable: Check = {
  id: 'assertion-readable',
  title: 'The assertion is a JWT',
  meaning:
    'What is sent as `client_assertion` is three base64url parts with JSON objects in them. An error text, `undefined` or nothing at all is sent more often than one would think, and CIS2 has the same answer for it.',
  remedy:
    'Wait for the signature (await the promise), and stop when signing fails instead of sending its result.',
  needs: [],
  unless: ['signing-key-usable'],
  run({ assertion }) {
    if (assertion === undefined) return skipped('there is no key to sign one with')
    if (!('problem' in assertion)) return pass()
    return fail({
      found: assertion.problem,
      expected: 'a compact JWT: header, claims and signature, with a dot between them',
      fix: 'Look at where the assertion is made: is its promise awaited, is an error sent in its place? If a file was meant, there is none of that name.',
    })
  },
}
