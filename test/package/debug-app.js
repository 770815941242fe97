// A small application on the built package, in a process of its own. Its options come as JSON in CIS2_OPTIONS; it
// says to its parent where it listens, and ends with it.
import { createServer } from 'node:http'
import express from 'express'
import session from 'express-session'
import { createCis2, requireLogin } from '../../dist/index.js'

const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const baseUrl = `http://127.0.0.1:${server.address().port}`
  const { cookieSecret, ...options } = JSON.parse(process.env.CIS2_OPTIONS)
  const cis2 = createCis2({ ...options, baseUrl })
  const app = express()
  app.use(session({ secret: cookieSecret, resave: false, saveUninitialized: false }))
  app.use(cis2.router())
  app.get('/private', requireLogin(), (req, res) => void res.send(req.user.sub))
  server.on('request', app)
  process.send(baseUrl)
})
process.on('disconnect', () => process.exit())
