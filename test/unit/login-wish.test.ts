import { packStepUp, packWish, parseWish, unpackStepUp, type StepUp } from '../../lib/attempt/login-wish.js'
import { fc } from '../support/fast-check.js'

const wish = { returnTo: '/page', reference: 'ABCD' }
const demands: readonly StepUp[] = [
  { sub: '1', authentication: 3 },
  { sub: '1', maxAgeSeconds: 0.5 },
  { sub: '1', authentication: 2, maxAgeSeconds: 300 },
  { sub: 'a "quoted" one' },
]

describe('what a login is for', () => {
  it.each(demands)('comes back from its text as it went in: %j', (stepUp) => {
    expect(parseWish(packWish({ ...wish, stepUp }, ''))).toEqual({ ...wish, stepUp, isUsed: false })
    expect(parseWish(packWish({ ...wish, stepUp }, 'used'))).toEqual({ ...wish, stepUp, isUsed: true })
    expect(unpackStepUp(packStepUp(stepUp))).toEqual(stepUp)
  })

  it('needs no demand', () => {
    expect(parseWish(packWish(wish, ''))).toEqual({ ...wish, isUsed: false })
    expect(parseWish(packWish(wish, 'used'))).toEqual({ ...wish, isUsed: true })
  })

  it.each([
    ['nothing', undefined],
    ['no list', '{}'],
    ['a list without a reference', '["/page"]'],
    ['a path that is none', '[1, "ABCD"]'],
    ['a demand without a person', '["/page", "ABCD", "", null, 3, null]'],
    ['a demand with a level as text', '["/page", "ABCD", "", "1", "3", null]'],
    ['a demand with an age that is none', '["/page", "ABCD", "", "1", 3, {}]'],
    ['half a demand', '["/page", "ABCD", "", "1"]'],
  ])('is no attempt at all when it cannot be read: %s', (_what, text) => {
    expect(parseWish(text)).toBeUndefined()
  })

  it('never loses a demand on the way', () => {
    const stepUp = fc.record({ sub: fc.string({ minLength: 1 }), authentication: fc.constantFrom(1, 2, 3) })
    fc.assert(
      fc.property(stepUp, fc.string(), (demand, returnTo) => {
        expect(parseWish(packWish({ returnTo, reference: 'R', stepUp: demand }, ''))?.stepUp).toEqual(demand)
      }),
    )
  })
})
