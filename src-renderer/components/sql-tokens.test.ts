import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sqlTokens } from './sql-tokens.ts'

const kindsOf = (text: string) =>
  sqlTokens(text)
    .filter((token) => token.kind !== 'space')
    .map((token) => `${token.kind}:${token.text}`)

test('keywords, names, strings and numbers', () => {
  expect(kindsOf("SELECT id, 42 FROM customers WHERE name = 'O''Brien';")).toEqual([
    'keyword:SELECT',
    'identifier:id',
    'punctuation:,',
    'number:42',
    'keyword:FROM',
    'identifier:customers',
    'keyword:WHERE',
    'identifier:name',
    'punctuation:=',
    "string:'O''Brien'",
    'punctuation:;',
  ])
})

test.for([
  ['a keyword inside a string', "'DROP TABLE x'", ["string:'DROP TABLE x'"]],
  ['a keyword inside a comment', '-- DROP TABLE x', ['comment:-- DROP TABLE x']],
  ['nested block comments', '/* a /* b */ DROP */ x', ['comment:/* a /* b */ DROP */', 'identifier:x']],
  ['a dollar-quoted string', '$f$ DROP $f$', ['string:$f$ DROP $f$']],
  ['a parameter', '$1', ['number:$1']],
  ['a backslash in an E-string', String.raw`E'a\'b' c`, [String.raw`string:E'a\'b'`, 'identifier:c']],
  ['a backslash in a plain string', String.raw`'a\' c`, [String.raw`string:'a\'`, 'identifier:c']],
  ['a quoted name', '"select"', ['quoted:"select"']],
  ['an unfinished string', "'abc", ["string:'abc"]],
] as const)('%s', ([, text, kinds]) => {
  expect(kindsOf(text)).toEqual(kinds)
})

test('the tokens joined are the text, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(
        sqlTokens(text)
          .map((token) => token.text)
          .join(''),
      ).toBe(text)
    }),
  )
})
