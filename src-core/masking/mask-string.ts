import { findEverywhere } from './find-everywhere.ts'
import type { MaskRun, MaskTally } from './mask-run.ts'
import { mergeFinds } from './merge-finds.ts'

/** Masks what the detectors find in a text. @throws AppError MESSAGE_BLOCKED */
export function maskString(value: string, run: MaskRun, tally: MaskTally, path: () => string, field: string): string {
  const { detectors, mixed } = run.rules
  if (detectors.length === 0) return value
  const found = findEverywhere(value, detectors, field)
  if (found.length === 0) return value
  const merged = mergeFinds(found)
  const block = mixed ? merged.find(({ action }) => action === 'block') : undefined
  if (block) run.token(block)
  const drop = mixed ? merged.find(({ action }) => action === 'drop') : undefined
  if (drop) {
    // the rest of the text goes with it
    tally.add(drop, path())
    return run.token(drop)
  }
  let output = ''
  let copied = 0
  for (const find of merged) {
    output += value.slice(copied, find.start) + run.token(find)
    copied = find.end
    tally.add(find, path())
  }
  return output + value.slice(copied)
}
