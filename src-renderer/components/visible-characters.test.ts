import { expect, test } from 'vitest'
import { hasHiddenCharacters, visibleSegments, visibleText } from './visible-characters.ts'

test.for([
  ['right-to-left override', 'a\u202eb', 'a‹U+202E›b'],
  ['isolate', 'a\u2066b\u2069', 'a‹U+2066›b‹U+2069›'],
  ['zero-width space', 'pay\u200bpal', 'pay‹U+200B›pal'],
  ['escape sequence', '\u001b[31mred', '‹U+001B›[31mred'],
  ['NUL', 'x\u0000y', 'x‹U+0000›y'],
  ['carriage return', 'DROP\rSELECT', 'DROP‹U+000D›SELECT'],
  ['tag character', 'a\u{e0041}', 'a‹U+E0041›'],
  ['lone surrogate', 'a\ud800b', 'a‹U+D800›b'],
  ['line separator', 'a\u2028b', 'a‹U+2028›b'],
])('%s is shown by its code point', ([, text, shown]) => {
  expect(visibleText(text ?? '')).toBe(shown)
})

test.for([['Grüße, 東京, 🙂'], ['tab\tand\nline'], ["SELECT 'é'"], ['']])('ordinary text stays as it is: %s', ([text]) => {
  expect(visibleText(text ?? '')).toBe(text)
  expect(hasHiddenCharacters(text ?? '')).toBe(false)
})

test('segments joined are the text', () => {
  const text = '\u202eabc\u0007\u0008def🙂'
  expect(
    visibleSegments(text)
      .map((segment) => segment.text)
      .join(''),
  ).toBe(text)
  expect(visibleSegments(text).filter((segment) => segment.codePoint)).toHaveLength(3)
})
