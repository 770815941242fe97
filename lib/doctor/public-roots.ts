import { rootCertificates } from 'node:tls'

/** The certificate authorities that everybody trusts, without those that this machine was taught to (`NODE_EXTRA_CA_CERTS`). */
export const publicRoots: readonly string[] = rootCertificates
