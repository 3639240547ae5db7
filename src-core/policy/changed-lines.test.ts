import { expect, test } from 'vitest'
import { changedLines, describeChanges } from './changed-lines.ts'

test.for([
  ['nothing', 'a\nb', 'a\nb', [], 0],
  ['a line in the middle', 'a\nb\nc', 'a\nx\nc', [2], 1],
  ['a line added', 'a\nc', 'a\nb\nc', [2], 0],
  ['a line removed', 'a\nb\nc', 'a\nc', [], 1],
  ['lines that repeat', 'a\nb\na\nb', 'a\nb\nx\na\nb', [3], 0],
  ['two places', 'a\nb\nc\nd\ne', 'x\nb\nc\nd\ny', [1, 5], 2],
  ['everything', 'a', 'b\nc', [1, 2], 1],
  ['an empty base', '', 'a\nb', [1, 2], 1],
] as const)('when %s changed, those lines are named', ([, base, text, changed, removed]) => {
  const changes = changedLines(base, text)
  expect([...changes.changed]).toEqual(changed)
  expect(changes.removed).toBe(removed)
})

test('a text too large to compare is marked coarsely, not wrongly', () => {
  const lines = (letter: string): string => Array.from({ length: 2500 }, (_, index) => `${letter}${index}`).join('\n')
  const { changed } = changedLines(`same\n${lines('a')}\nsame`, `same\n${lines('b')}\nsame`)
  expect(changed.size).toBe(2500)
  expect(changed.has(1)).toBe(false)
})

test('changes are described in words', () => {
  expect(describeChanges(changedLines('a', 'a'))).toBe('no change')
  expect(describeChanges(changedLines('a\nb', 'a'))).toBe('1 line removed')
  expect(describeChanges(changedLines('a', 'b\nc'))).toBe('2 lines changed')
})
