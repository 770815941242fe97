import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from '@swc/core'
import { readPage } from '../docs/markdown.js'

// The function that docs/remote-signers.md shows, as it stands there.
const page = join(fileURLToPath(new URL('../..', import.meta.url)), 'docs', 'remote-signers.md')
const sample = readPage(page, readFileSync(page, 'utf8')).blocks.find(({ code }) =>
  code.includes('function derToRaw'),
)
const { code } = transformSync(sample?.code ?? '', {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
})
const { derToRaw } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
  derToRaw: (der: Uint8Array, length: number) => Uint8Array
}

test.each([
  ['P-256', 'sha256', 32],
  ['P-384', 'sha384', 48],
  ['P-521', 'sha512', 66],
])('the sample turns every DER signature of %s into one that JWS takes', (namedCurve, hash, length) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  // Enough for numbers that are short, and for those with a zero in front.
  for (let each = 0; each < 250; each++) {
    const data = Buffer.from(`data ${each}`)
    const raw = derToRaw(sign(hash, data, privateKey), length)
    expect(raw).toHaveLength(2 * length)
    expect(verify(hash, data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true)
  }
})
