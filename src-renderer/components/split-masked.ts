export type MaskedPiece = { masked: false; text: string } | { masked: true; kind: string }

const token = /\[MASKED:([a-z0-9-]{1,40})\]/g

/** Splits text at its mask tokens. */
export function splitMasked(text: string): MaskedPiece[] {
  const pieces: MaskedPiece[] = []
  let from = 0
  for (const match of text.matchAll(token)) {
    if (match.index > from) pieces.push({ masked: false, text: text.slice(from, match.index) })
    pieces.push({ masked: true, kind: match[1] ?? '' })
    from = match.index + match[0].length
  }
  if (from < text.length) pieces.push({ masked: false, text: text.slice(from) })
  return pieces
}
