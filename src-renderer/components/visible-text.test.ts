import { expect, test } from 'vitest'
import { cutAtWord } from './visible-text.tsx'

test.for([
  ['SELECT * FROM refunds', 'from', ['SELECT * ', 'FROM', ' refunds']],
  ['aXaxa', 'x', ['a', 'X', 'a', 'x', 'a']],
  ['nothing here', 'absent', ['nothing here']],
  ['anything', '', ['anything']],
  ['a.c abc', 'a.c', ['', 'a.c', ' abc']],
  ['İstanbul from', 'from', ['İstanbul from']],
] as const)('%s is cut at %s', ([text, word, pieces]) => {
  expect(cutAtWord(text, word)).toEqual(pieces)
})
