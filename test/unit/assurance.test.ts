import { acrMeets, parseAssuranceLevel } from '../../lib/user/assurance.js'

describe('parseAssuranceLevel', () => {
  it.each<readonly [unknown, number]>([
    [3, 3],
    ['3', 3],
    [0, 0],
    ['0', 0],
    [10, 10],
    ['10', 10],
  ])('reads %p as %i', (value, level) => expect(parseAssuranceLevel(value)).toBe(level))

  it.each<unknown>([
    undefined,
    null,
    '',
    ' ',
    ' 3',
    '3 ',
    '03',
    '3abc',
    '3.0',
    '0x3',
    '+3',
    '-1',
    '٣',
    '-0',
    '010',
    '1e1',
    '100',
    100,
    '3\n',
    -1,
    2.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    [3],
    ['3'],
    { level: 3 },
    true,
    { valueOf: () => 3 },
  ])('takes %p for no level', (value) => expect(parseAssuranceLevel(value)).toBeUndefined())
})

describe('acrMeets', () => {
  it.each<readonly [string, readonly string[]]>([
    ['AAL3_ANY', []],
    ['', []],
    ['AAL3_ANY', ['AAL3_ANY']],
    ['AAL3_FIDO2', ['AAL3_ANY']],
    ['AAL3_N3_SMARTCARD', ['AAL3_SMARTCARD']],
    ['AAL3_CIS2_SMARTCARD', ['AAL3_SMARTCARD']],
    ['AAL3_FIDO2', ['AAL2_ANY']],
    ['AAL2_ANY', ['AAL2_OR_AAL3_ANY']],
    ['AAL3_IOS', ['AAL2_OR_AAL3_ANY']],
    ['AAL2_OR_AAL3_ANY', ['AAL2_OR_AAL3_ANY']],
    ['AAL3_FIDO2', ['AAL3_SMARTCARD', 'AAL3_FIDO2']],
    ['custom', ['custom']],
  ])('says that %s meets %j', (acr, requested) => expect(acrMeets(acr, requested)).toBe(true))

  it.each<readonly [string, readonly string[]]>([
    ['AAL2_ANY', ['AAL3_ANY']],
    ['AAL2_OR_AAL3_ANY', ['AAL3_ANY']],
    ['AAL1_USERPASS', ['AAL2_OR_AAL3_ANY']],
    ['AAL3_ANY', ['AAL3_SMARTCARD']],
    ['AAL3_ANY', ['AAL3_FIDO2']],
    ['AAL3_FIDO2', ['AAL3_SMARTCARD']],
    ['aal3_any', ['AAL3_ANY']],
    ['AAL3_ANY ', ['AAL3_ANY']],
    ['xAAL3_FIDO2', ['AAL3_ANY']],
    ['AAL3', ['AAL3_ANY']],
    ['AAL33_ANY', ['AAL3_ANY']],
    ['', ['AAL3_ANY']],
    ['AAL3_FIDO2', ['custom']],
  ])('says that %s does not meet %j', (acr, requested) => expect(acrMeets(acr, requested)).toBe(false))
})
