/** Beyond this many comparisons the whole middle counts as changed: a mark, not a verdict, may be coarse. */
const comparisonLimit = 4_000_000

export interface LineChanges {
  /** numbers (from 1) of lines that the base does not have at this place */
  changed: ReadonlySet<number>
  /** lines of the base that are gone */
  removed: number
}

/** Which lines of a text differ from a base, by the longest common subsequence of their lines. */
export function changedLines(base: string, text: string): LineChanges {
  const before = base.split('\n')
  const after = text.split('\n')
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  let end = 0
  while (end < before.length - start && end < after.length - start && before.at(-1 - end) === after.at(-1 - end)) end += 1
  const oldMiddle = before.slice(start, before.length - end)
  const newMiddle = after.slice(start, after.length - end)
  const kept = oldMiddle.length * newMiddle.length > comparisonLimit ? new Set<number>() : commonLines(oldMiddle, newMiddle)
  const changed = new Set<number>()
  newMiddle.forEach((_, index) => {
    if (!kept.has(index)) changed.add(start + index + 1)
  })
  return { changed, removed: oldMiddle.length - kept.size }
}

/** Indices in `after` of the lines that both have, in order. */
function commonLines(before: readonly string[], after: readonly string[]): Set<number> {
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const kept = new Set<number>()
  let row = 0
  let column = 0
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      kept.add(column)
      row += 1
      column += 1
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1
    else column += 1
  }
  return kept
}

/** `3 lines changed`, `1 line removed`, `no change` */
export function describeChanges({ changed, removed }: LineChanges): string {
  if (changed.size > 0) return `${changed.size} ${changed.size === 1 ? 'line' : 'lines'} changed`
  if (removed > 0) return `${removed} ${removed === 1 ? 'line' : 'lines'} removed`
  return 'no change'
}
