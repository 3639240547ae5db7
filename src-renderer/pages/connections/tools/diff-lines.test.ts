import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines, foldUnchanged } from './diff-lines.ts'

const shown = (before: string, after: string) =>
  diffLines(before, after).map(({ kind, left, right }) => `${kind} ${left?.text ?? ''}|${right?.text ?? ''}`)

test.for([
  ['nothing', 'a\nb', 'a\nb', ['same a|a', 'same b|b']],
  ['a line', 'a\nb\nc', 'a\nx\nc', ['same a|a', 'changed b|x', 'same c|c']],
  ['a line more', 'a\nc', 'a\nb\nc', ['same a|a', 'added |b', 'same c|c']],
  ['a line less', 'a\nb\nc', 'a\nc', ['same a|a', 'removed b|', 'same c|c']],
  ['two for one', 'a\nb\nc', 'a\nx\ny\nc', ['same a|a', 'changed b|x', 'added |y', 'same c|c']],
  ['two places', '1\na\n2\nb\n3', '1\nx\n2\ny\n3', ['same 1|1', 'changed a|x', 'same 2|2', 'changed b|y', 'same 3|3']],
  ['everything', 'a', 'b', ['changed a|b']],
] as const)('what differs: %s', ([, before, after, rows]) => {
  expect(shown(before, after)).toEqual(rows)
})

test('of two lines only what lies between their common ends is marked, in whole characters', () => {
  const [row] = diffLines('say 😀 now', 'say 😃 now')
  expect([row?.left?.changed, row?.right?.changed]).toEqual([
    { start: 4, end: 6 },
    { start: 4, end: 6 },
  ])
})

test('both texts can be read off the rows, whatever they are', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', '{', '}'), { maxLength: 12 }).map((each) => each.join('\n'))
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const rows = diffLines(before, after)
      expect(rows.flatMap(({ left }) => (left ? [left.text] : [])).join('\n')).toBe(before)
      expect(rows.flatMap(({ right }) => (right ? [right.text] : [])).join('\n')).toBe(after)
      for (const { kind, left, right } of rows)
        expect(kind === 'same').toBe(left !== undefined && right !== undefined && left.text === right.text)
    }),
  )
})

test('unchanged lines far from a change are folded, and none is lost', () => {
  const before = Array.from({ length: 30 }, (_, index) => String(index))
  const rows = diffLines(before.join('\n'), before.with(15, 'x').join('\n'))
  const folded = foldUnchanged(rows)
  expect(folded.map((row) => (row.kind === 'fold' ? row.rows.length : row.kind))).toEqual([
    12,
    'same',
    'same',
    'same',
    'changed',
    'same',
    'same',
    'same',
    11,
  ])
  expect(folded.flatMap((row) => (row.kind === 'fold' ? row.rows : [row]))).toEqual(rows)
})
