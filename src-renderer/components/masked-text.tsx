import type { ReactNode } from 'react'
import type { MaskApplied } from '../../src-protocol/model.ts'
import { MaskedChip } from './masked-chip.tsx'
import { splitMasked } from './split-masked.ts'
import { VisibleText } from './visible-text.tsx'

interface MaskedTextProps {
  text: string
  /** what the gateway says that it masked in this text; a token of any other kind is only text, whoever wrote it */
  masks: readonly MaskApplied[]
  /** the chip without its rule: where the rule stands beside the text, or there is no room */
  short?: boolean
}

/** Text whose `[MASKED:kind]` tokens are shown as chips; hidden characters by code point. */
export function MaskedText({ text, masks, short = false }: MaskedTextProps) {
  return splitMasked(text, masks).map((piece, index): ReactNode =>
    piece.masked ? (
      <MaskedChip key={index} kind={piece.kind} left={piece.left} rule={short ? undefined : ruleOf(piece.kind, masks)} />
    ) : (
      <VisibleText key={index} text={piece.text} />
    ),
  )
}

/** The rule that masked this kind, if it was only one. */
function ruleOf(kind: string, masks: readonly MaskApplied[]): string | undefined {
  const rules = new Set(masks.filter((mask) => mask.kind === kind).map((mask) => mask.rule))
  const [only] = rules
  return rules.size === 1 ? only : undefined
}
