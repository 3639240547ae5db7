/**
 * Recorded text is hostile: it may hold characters that hide, reorder or imitate other text. They are shown by code point, never
 * interpreted (Unicode TR 36, “Trojan Source”, CVE-2021-42574).
 */
export interface VisibleSegment {
  text: string
  /** set when `text` stands for a character that is not shown as itself: `U+202E` */
  codePoint?: string
}

/** Code point ranges, in hexadecimal, that draw nothing, move other characters, or end a line where none seems to end. */
const hiddenRanges = [
  // C0 but tab and line feed, delete and C1
  ['0', '8'],
  ['b', '1f'],
  ['7f', '9f'],
  // soft hyphen, combining grapheme joiner, Arabic letter mark, Hangul and Khmer fillers, Mongolian separators
  ['ad', 'ad'],
  ['34f', '34f'],
  ['61c', '61c'],
  ['115f', '1160'],
  ['17b4', '17b5'],
  ['180b', '180f'],
  ['3164', '3164'],
  ['ffa0', 'ffa0'],
  // zero width, bidirectional controls, line and paragraph separators, invisible operators
  ['200b', '200f'],
  ['2028', '202e'],
  ['2060', '206f'],
  // lone surrogates
  ['d800', 'dfff'],
  // variation selectors, byte order mark, interlinear annotation, tags
  ['fe00', 'fe0f'],
  ['feff', 'feff'],
  ['fff9', 'fffb'],
  ['e0000', 'e0fff'],
] as const

const hiddenCharacters = new RegExp(`[${hiddenRanges.map(([first, last]) => `\\u{${first}}-\\u{${last}}`).join('')}]`, 'gu')

export function visibleSegments(text: string): VisibleSegment[] {
  const segments: VisibleSegment[] = []
  let copied = 0
  for (const match of text.matchAll(hiddenCharacters)) {
    if (match.index > copied) segments.push({ text: text.slice(copied, match.index) })
    segments.push({ text: match[0], codePoint: codePointName(match[0]) })
    copied = match.index + match[0].length
  }
  if (copied < text.length || segments.length === 0) segments.push({ text: text.slice(copied) })
  return segments
}

/** The text with every hidden character written as `‹U+202E›`: for places that take plain strings only. */
export function visibleText(text: string): string {
  return text.replace(hiddenCharacters, (character) => `‹${codePointName(character)}›`)
}

export function hasHiddenCharacters(text: string): boolean {
  return text.search(hiddenCharacters) >= 0
}

function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
