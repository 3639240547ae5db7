import { isStricter, needsValue, type Masked } from './mask-action.ts'

export interface Find extends Masked {
  start: number
  end: number
}

/**
 * Where finds overlap, everything that any of them covers is masked, by the strictest action; of equally strict ones by the one that starts
 * first. What a token would say of a part of that (`partial`, `tag`) would be wrong for the whole: then it is masked whole.
 */
export function mergeFinds(found: Find[]): Find[] {
  found.sort((a, b) => a.start - b.start || b.end - a.end)
  const merged: Find[] = []
  for (let index = 0; index < found.length; index += 1) {
    const first = found[index]!
    let strictest = first
    let end = first.end
    while (index + 1 < found.length && found[index + 1]!.start < end) {
      const other = found[(index += 1)]!
      end = Math.max(end, other.end)
      if (isStricter(other.action, strictest.action)) strictest = other
    }
    merged.push(covering(strictest, first.start, end))
  }
  return merged
}

/** One find in the place of several: of a text that can only be replaced as a whole. */
export function joinFinds(found: Find[], start: number, end: number): Find | undefined {
  const [first, ...others] = mergeFinds(found)
  if (!first) return undefined
  if (others.length === 0) return { ...first, start, end }
  return covering(
    others.reduce((strictest, other) => (isStricter(other.action, strictest.action) ? other : strictest), first),
    start,
    end,
  )
}

function covering(find: Find, start: number, end: number): Find {
  if (find.start === start && find.end === end) return find
  const { rule, kind, action } = find
  return { start, end, rule, kind, action: needsValue(action) ? 'mask' : action }
}
