import { decodeProtectedHeader, type JWK } from 'jose'
import { createPartyKey, logInFully, reach, start, startRelyingParty } from './relying-party.js'

const key = await createPartyKey('party')
const party = await startRelyingParty([key])

async function begin() {
  const simulator = await start()
  const published = async () =>
    ((await (await fetch(reach(simulator, '/connect/jwk_uri'))).json()) as { keys: JWK[] }).keys
  const signs = async () => {
    const { body } = await logInFully(simulator, party, key)
    return decodeProtectedHeader(String(body.id_token)).kid
  }
  return { simulator, published, signs }
}

describe('rotating the keys', () => {
  test('signs with a new key and keeps the old one in the set', async () => {
    const { simulator, published, signs } = await begin()
    const old = await signs()
    const { kid } = await simulator.rotateKeys()
    expect(kid).not.toBe(old)
    expect(await signs()).toBe(kid)
    expect((await published()).map((jwk) => jwk.kid)).toEqual([kid, old])
  })

  test('can drop the old key', async () => {
    const { simulator, published } = await begin()
    await simulator.rotateKeys()
    const { kid } = await simulator.rotateKeys({ keepPrevious: false })
    expect((await published()).map((jwk) => jwk.kid)).toEqual([kid])
  })

  test('can give the new key the id of the old one', async () => {
    const { simulator, published } = await begin()
    const [old] = await published()
    const { kid } = await simulator.rotateKeys({ keepPrevious: false, kid: 'same' })
    const [fresh] = await published()
    expect([kid, fresh?.kid]).toEqual([old?.kid, old?.kid])
    expect(fresh?.n).not.toBe(old?.n)
  })
})
