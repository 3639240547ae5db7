/** Beyond this many comparisons nothing counts as common: a mark, not a verdict, may be coarse. */
const comparisonLimit = 4_000_000

/** Pairs of indices of the lines that both texts have, in order: their longest common subsequence. */
export function commonLines(before: readonly string[], after: readonly string[]): [number, number][] {
  if (before.length * after.length > comparisonLimit) return []
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width)
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const pairs: [number, number][] = []
  let [row, column] = [0, 0]
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      pairs.push([row, column])
      row += 1
      column += 1
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1
    else column += 1
  }
  return pairs
}
