// An application that uses the package from JavaScript: `node consumer.js`, or `require` from consumer.cjs.
import { generateKeyPairSync } from 'node:crypto'
import express from 'express'
import { createCis2, requireLogin } from 'express-cis2'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const cis2 = createCis2({
  environment: 'integration',
  clientId: 'an-invented-client',
  baseUrl: 'https://app.example.nhs.uk',
  signingKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  secret: 'an-invented-secret-of-more-than-32-characters',
})
export const app = express()
app.use('/keys', cis2.jwks())
app.get('/hello', requireLogin(), (req, res) => {
  res.send(`Hello ${req.cis2.user?.name}`)
})
await cis2.close()
console.log('ready', typeof cis2.router())
