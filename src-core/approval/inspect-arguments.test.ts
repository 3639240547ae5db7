import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findDisguisedLetters, inspectArguments } from './inspect-arguments.ts'

const args = (sql: string) => JSON.stringify({ sql })

test.for([
  ['plain text', 'DROP TABLE customers -- why not?\n\tyes'],
  ['letters with accents', 'Überprüfung naïve Ångström 東京 مرحبا'],
  ['words of another alphabet beside Latin ones', 'SELECT привет, Ελλάδα FROM t'],
  ['emoji, which are joined invisibly', '👩‍💻 ❤️ 👍🏽'],
  ['an escape that is written out', '\\u202e'],
] as const)('nothing is said about %s', ([, text]) => {
  expect(inspectArguments(args(text))).toEqual([])
})

describe('a reviewer is warned of', () => {
  test.for([
    ['text that is turned round', 'a\u202eb', 'direction of text is changed once (U+202E)'],
    ['isolated text', 'a\u2066b\u2069', 'direction of text is changed 2 times (U+2066, U+2069)'],
    ['zero-width spaces', 'DR\u200bOP', 'Invisible characters are in the text once (U+200B)'],
    ['a byte order mark', '\ufeffDROP', 'Invisible characters are in the text once (U+FEFF)'],
    ['tags, which spell out hidden text', 'a\u{e0041}\u{e0042}', 'Invisible characters are in the text 2 times (U+E0041, U+E0042)'],
    ['an invisible letter', 'a\u3164', 'Invisible characters'],
    ['a joiner that joins no emoji', 'a\u200db', 'Invisible characters'],
    ['a control character', 'a\u0008b', 'Control characters are in the text once (U+0008)'],
    ['half a character', 'a\ud800b', 'Control characters'],
    ['full-width letters', 'ＤＲＯＰ', 'unusual forms look like plain ones 4 times'],
    ['mathematical letters', '𝐃𝐑𝐎𝐏', 'unusual forms'],
    ['one Cyrillic letter in a Latin word', 'рassword', 'рassword (р is U+0440)'],
    ['one Greek letter in a Latin word', 'pαssword', 'pαssword (α is U+03B1)'],
    ['a word of Cyrillic letters that reads as Latin', 'сору', 'look like Latin letters but are not: сору (с is U+0441'],
    ['the same beside a real Russian word', 'привет сору', 'look like Latin letters but are not: сору'],
    ['text pushed out of sight', `a${' '.repeat(60)}b`, 'long run of white space'],
    ['text pushed far down', `a${'\n'.repeat(25)}b`, 'long run of white space'],
  ] as const)('%s', ([, text, warning]) => {
    expect(inspectArguments(args(text)).join()).toContain(warning)
  })

  test('an escape that hides the same', () => {
    expect(inspectArguments('{"sql":"a\\u202Eb"}').join()).toContain('U+202E')
    expect(inspectArguments('{"\\u200b":1}').join()).toContain('U+200B')
  })

  test('several things at once', () => {
    expect(inspectArguments(args('a\u202eb\u200bc\u0001 рassword'))).toHaveLength(4)
  })
})

test('any text can be inspected, and warnings themselves are safe to show', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const warning of inspectArguments(text)) expect(warning).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]/)
    }),
  )
})

test.for([
  ['one odd letter', 'first r\u0435ad it', [{ at: 7, length: 1, codePoint: 'U+0435' }]],
  ['a word that only looks Latin', '\u0430\u0435\u043e\u0441', ['U+0430', 'U+0435', 'U+043E', 'U+0441']],
  ['a word of its own alphabet', 'привет мир', []],
  ['plain words', 'read it', []],
] as const)('where letters are disguised: %s', ([, text, expected]) => {
  const found = findDisguisedLetters(text)
  expect(expected.some((each) => typeof each === 'string') ? found.map(({ codePoint }) => codePoint) : found).toEqual(expected)
})
