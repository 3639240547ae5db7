import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeHeader, encodeHeader } from './repeated-headers.ts'

test.for([
  ['plain', 'plain'],
  ['two words', 'two words'],
  ['', ''],
  [' space around ', '=?base64?IHNwYWNlIGFyb3VuZCA=?='],
  ['grün', '=?base64?Z3LDvG4=?='],
  ['=?base64?YQ==?=', '=?base64?PT9iYXNlNjQ/WVE9PT89?='],
  ['a\r\nb', '=?base64?YQ0KYg==?='],
] as const)('%j is sent as %j', ([value, header]) => {
  expect(encodeHeader(value)).toBe(header)
})

test('what is encoded is decoded again, and is always one header', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      expect(decodeHeader(encodeHeader(value))).toBe(value)
      expect(encodeHeader(value)).toMatch(/^[\x20-\x7e]*$/)
    }),
  )
})

test.for(['=?base64?a$?=', '=?base64?YQ?=', '=?base64?/w==?='])('%s claims to be Base64 of UTF-8 and is not', (value) => {
  expect(decodeHeader(value)).toBeUndefined()
})
