import { commonLines } from './common-lines.ts'

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
  const kept = new Set(commonLines(oldMiddle, newMiddle).map(([, index]) => index))
  const changed = new Set<number>()
  newMiddle.forEach((_, index) => {
    if (!kept.has(index)) changed.add(start + index + 1)
  })
  return { changed, removed: oldMiddle.length - kept.size }
}

/** `3 lines changed`, `1 line removed`, `no change` */
export function describeChanges({ changed, removed }: LineChanges): string {
  if (changed.size > 0) return `${changed.size} ${changed.size === 1 ? 'line' : 'lines'} changed`
  if (removed > 0) return `${removed} ${removed === 1 ? 'line' : 'lines'} removed`
  return 'no change'
}
