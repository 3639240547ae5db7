import { commonLines } from '../../../../src-core/policy/common-lines.ts'

/** One line of a text: its number (from 1), and which part of it differs from the line that it is paired with. */
export interface DiffSide {
  number: number
  text: string
  changed?: { start: number; end: number }
}

export interface DiffRow {
  kind: 'same' | 'changed' | 'removed' | 'added'
  left?: DiffSide
  right?: DiffSide
}

/** Two texts line by line, by their longest common subsequence; lines that replace each other stand in one row. */
export function diffLines(before: string, after: string): DiffRow[] {
  const [left, right] = [before.split('\n'), after.split('\n')]
  let start = 0
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1
  let end = 0
  while (end < left.length - start && end < right.length - start && left.at(-1 - end) === right.at(-1 - end)) end += 1
  const rows: DiffRow[] = []
  const same = (row: number, column: number): void => void rows.push({ kind: 'same', left: side(left, row), right: side(right, column) })
  for (let index = 0; index < start; index += 1) same(index, index)
  const pairs = commonLines(left.slice(start, left.length - end), right.slice(start, right.length - end))
  let [row, column] = [start, start]
  for (const [pairedRow, pairedColumn] of [...pairs, [left.length - end - start, right.length - end - start] as const]) {
    rows.push(...replaced(left, row, pairedRow + start, right, column, pairedColumn + start))
    if (pairedRow + start < left.length - end) same(pairedRow + start, pairedColumn + start)
    ;[row, column] = [pairedRow + start + 1, pairedColumn + start + 1]
  }
  for (let index = end; index > 0; index -= 1) same(left.length - index, right.length - index)
  return rows
}

const side = (lines: readonly string[], index: number): DiffSide => ({ number: index + 1, text: lines[index] ?? '' })

function replaced(
  left: readonly string[],
  row: number,
  rowEnd: number,
  right: readonly string[],
  column: number,
  columnEnd: number,
): DiffRow[] {
  const rows: DiffRow[] = []
  const paired = Math.min(rowEnd - row, columnEnd - column)
  for (let index = 0; index < paired; index += 1) rows.push(changedRow(side(left, row + index), side(right, column + index)))
  for (let index = row + paired; index < rowEnd; index += 1) rows.push({ kind: 'removed', left: side(left, index) })
  for (let index = column + paired; index < columnEnd; index += 1) rows.push({ kind: 'added', right: side(right, index) })
  return rows
}

/** What stands between the common beginning and the common end of both lines, cut at whole characters. */
function changedRow(left: DiffSide, right: DiffSide): DiffRow {
  const [one, other] = [Array.from(left.text), Array.from(right.text)]
  let start = 0
  while (start < one.length && start < other.length && one[start] === other[start]) start += 1
  let end = 0
  while (end < one.length - start && end < other.length - start && one.at(-1 - end) === other.at(-1 - end)) end += 1
  const range = (characters: readonly string[]) => ({
    start: characters.slice(0, start).join('').length,
    end: characters.slice(0, characters.length - end).join('').length,
  })
  return { kind: 'changed', left: { ...left, changed: range(one) }, right: { ...right, changed: range(other) } }
}

/** Rows to draw: unchanged ones far from any change are one fold. */
export type FoldedRow = DiffRow | { kind: 'fold'; rows: readonly DiffRow[] }

export function foldUnchanged(rows: readonly DiffRow[], context = 3): FoldedRow[] {
  const near = new Set<number>()
  for (const [index, row] of rows.entries()) {
    if (row.kind === 'same') continue
    for (let at = index - context; at <= index + context; at += 1) near.add(at)
  }
  const folded: FoldedRow[] = []
  let run: DiffRow[] = []
  const close = (): void => {
    // a fold of a few lines would hide hardly more than it takes up
    if (run.length > 4) folded.push({ kind: 'fold', rows: run })
    else folded.push(...run)
    run = []
  }
  for (const [index, row] of rows.entries()) {
    if (near.has(index)) {
      close()
      folded.push(row)
    } else run.push(row)
  }
  close()
  return folded
}
