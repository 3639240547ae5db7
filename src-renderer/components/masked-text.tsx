import type { ReactNode } from 'react'
import type { MaskApplied } from '../../src-protocol/model.ts'
import { MaskedChip } from './masked-chip.tsx'
import { splitMasked } from './split-masked.ts'

interface MaskedTextProps {
  text: string
  /** what was masked in this text; names the rule on the chip where only one rule masked that kind */
  masks?: readonly MaskApplied[]
}

const noMasks: readonly MaskApplied[] = []

/** Text whose `[MASKED:kind]` tokens are shown as chips. */
export function MaskedText({ text, masks = noMasks }: MaskedTextProps) {
  return splitMasked(text).map((piece, index): ReactNode =>
    piece.masked ? <MaskedChip key={index} kind={piece.kind} rule={ruleOf(piece.kind, masks)} /> : piece.text,
  )
}

function ruleOf(kind: string, masks: readonly MaskApplied[]): string | undefined {
  const rules = new Set(masks.filter((mask) => mask.kind === kind).map((mask) => mask.rule))
  const [only] = rules
  return rules.size === 1 ? only : undefined
}
