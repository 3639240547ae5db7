import type { Call, MaskApplied } from '../../src-protocol/model.ts'

/** What was masked in the arguments of a call, and not in its answer: the summary of a call shows its arguments. */
export function argumentMasks(call: Call): MaskApplied[] {
  return call.masks.filter((mask) => mask.path.startsWith('/params'))
}
