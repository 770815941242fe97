import { fail, pass, type Check } from '../check.js'
import { describeAddress, describeDifference } from '../describe-address.js'

export const issuerExact: Check = {
  id: 'issuer-exact',
  title: 'The issuer is the configured one',
  meaning:
    'The document’s `issuer` is the configured one, character by character; only `:443` may be there or not. From then on the document’s own text counts, in the ID token too.',
  remedy: 'Copy the issuer from the discovery document, realm and all, or use `environment`.',
  needs: ['discovery-valid'],
  run({ metadata, config, document }) {
    if (metadata === undefined) {
      const said: unknown =
        typeof document === 'object' && document !== null && 'issuer' in document
          ? document.issuer
          : undefined
      const difference = typeof said === 'string' ? describeDifference(config.issuer, said) : undefined
      return fail({
        found: `the document says ${describeAddress(said)}, and "${config.issuer}" is configured${difference === undefined ? '' : `: it ${difference}`}`,
        expected: 'the same text in both',
        fix: 'Set `issuer` to what the document says, if that is the CIS2 you mean; better, use `environment`.',
      })
    }
    return pass(`"${metadata.issuer}"`)
  },
}
