import { randomBytes } from 'node:crypto'

const atOnce = 50

/** Saves the login of a request again, so often, as sessions of their own that belong to other sessions of CIS2's. */
export async function copySessions(req, count) {
  const sids = Array.from({ length: count }, () => randomBytes(20).toString('base64'))
  for (let from = 0; from < count; from += atOnce)
    await Promise.all(sids.slice(from, from + atOnce).map((sid) => copySession(req, sid)))
  return sids
}

function copySession({ session: { cookie, cis2 }, sessionStore }, sid) {
  const copy = { sessionID: randomBytes(24).toString('base64url'), sessionStore }
  sessionStore.createSession(copy, { cookie: { ...cookie }, cis2: { ...cis2, sid } })
  return new Promise((resolve, reject) => {
    copy.session.save((error) => (error ? reject(error) : resolve()))
  })
}
