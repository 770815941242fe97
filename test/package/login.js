// The same from JavaScript, as an ES module: the library's own routes, tested with the test kit.
import express from 'express'
import session from 'express-session'
import { createCis2, getUser, requireLogin } from 'express-cis2'
import { startSimulator } from 'express-cis2/simulator'
import { logIn } from 'express-cis2/testing'

const simulator = await startSimulator()
const cis2 = createCis2({
  issuer: simulator.issuer,
  ...simulator.client,
  baseUrl: 'https://localhost:3999',
  secret: 'an-invented-secret-of-more-than-32-characters',
})
const app = express()
app.use(
  session({
    secret: 'another-invented-secret',
    resave: false,
    saveUninitialized: false,
    cookie: { secure: true },
  }),
)
app.use(cis2.router())
app.get('/me', requireLogin(), (req, res) => {
  res.send(getUser(req).sub)
})
const agent = await logIn(app, 'nurse')
console.log((await agent.get('/me')).text)
await cis2.close()
await simulator.close()
