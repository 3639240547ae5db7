import type { MaskApplied } from '../../src-protocol/model.ts'
import { maskToken, readMaskToken } from './mask-token.ts'

export type MaskedPiece = { masked: false; text: string } | { masked: true; kind: string; left?: string | undefined }

/** Splits text at the mask tokens of the kinds that were masked in it. A token that nothing attests stays text: anybody can write one. */
export function splitMasked(text: string, masks: readonly Pick<MaskApplied, 'kind'>[]): MaskedPiece[] {
  const kinds = new Set(masks.map((mask) => mask.kind))
  const pieces: MaskedPiece[] = []
  let from = 0
  for (const match of text.matchAll(maskToken)) {
    const { kind, left } = readMaskToken(match)
    if (!kinds.has(kind)) continue
    if (match.index > from) pieces.push({ masked: false, text: text.slice(from, match.index) })
    pieces.push({ masked: true, kind, left })
    from = match.index + match[0].length
  }
  if (from < text.length) pieces.push({ masked: false, text: text.slice(from) })
  return pieces
}
