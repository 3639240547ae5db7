/** A text as detectors read it, and where each of its characters stood. */
export interface SearchText {
  text: string
  /** the place in the original of [start, end) */
  origin: (start: number, end: number) => { start: number; end: number }
}

const unchanged = (start: number, end: number): { start: number; end: number } => ({ start, end })

/** A stretch of the text that detectors read, and what it stands for. */
interface Stretch {
  /** where it begins in the text that is read */
  at: number
  start: number
  end: number
  /** every character stands for itself; otherwise all of it for all of [start, end) */
  asIs: boolean
}

/** The steps of one pass over a text: each piece of the original and what a detector reads in its place. */
class Rewriting {
  text = ''
  readonly #stretches: Stretch[] = []

  add(piece: string, start: number, end: number): void {
    if (piece === '') return
    this.#stretches.push({ at: this.text.length, start, end, asIs: false })
    this.text += piece
  }

  addAsIs(piece: string, start: number): void {
    if (piece === '') return
    this.#stretches.push({ at: this.text.length, start, end: start + piece.length, asIs: true })
    this.text += piece
  }

  result(): SearchText {
    return { text: this.text, origin: (start, end) => ({ start: this.#origin(start).start, end: this.#origin(end - 1).end }) }
  }

  /** Finds are few, so a place is looked for when there is one. */
  #origin(at: number): { start: number; end: number } {
    let low = 0
    let high = this.#stretches.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#stretches[middle]!.at <= at) low = middle
      else high = middle - 1
    }
    const stretch = this.#stretches[low]
    if (!stretch) return { start: 0, end: 0 }
    if (!stretch.asIs) return stretch
    const start = stretch.start + at - stretch.at
    return { start, end: start + 1 }
  }
}

/**
 * NFKC (full-width digits, ligatures, no-break spaces become plain), without the characters that nobody sees (zero-width, soft hyphen,
 * direction marks, variation selectors), every dash a hyphen, and every decimal digit one of 0–9.
 */
export function normaliseForSearch(text: string): SearchText {
  if (isAscii(text)) return { text, origin: unchanged }
  const rewriting = new Rewriting()
  for (let at = 0; at < text.length;) {
    const plainEnd = endOfPlain(text, at)
    rewriting.addAsIs(text.slice(at, plainEnd), at)
    if (plainEnd === text.length) break
    at = pieceEnd(text, plainEnd)
    rewriting.add(normalisePiece(text.slice(plainEnd, at)), plainEnd, at)
  }
  return rewriting.result()
}

/** Where the characters end that stand for themselves: ASCII, but for one that the next character may be a mark on. */
function endOfPlain(text: string, start: number): number {
  let end = start
  while (end < text.length && text.charCodeAt(end) < 0x7f) end += 1
  return end > start && end < text.length && text.charCodeAt(end) >= firstMark ? end - 1 : end
}

const firstMark = 0x300
const longestPiece = 32

/** A character and the marks on it are one piece: NFKC may join them. */
function pieceEnd(text: string, start: number): number {
  let end = start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1)
  while (end < text.length && end - start < longestPiece && text.charCodeAt(end) >= firstMark) {
    const code = text.codePointAt(end) ?? 0
    if (!isMark(code)) break
    end += code > 0xffff ? 2 : 1
  }
  return end
}

const isMark = (code: number): boolean => remembered(marks, code, () => /\p{M}/u.test(String.fromCodePoint(code)))

/** A text of one script has few different characters, and Unicode's tables are slow. */
const marks = new Map<number, boolean>()
const pieces = new Map<string, string>()
const mostRemembered = 10_000

function remembered<K, V>(known: Map<K, V>, key: K, compute: () => V): V {
  const before = known.get(key)
  if (before !== undefined) return before
  if (known.size >= mostRemembered) known.clear()
  const value = compute()
  known.set(key, value)
  return value
}

// the printable part of ASCII, and white space
const isAscii = (text: string): boolean => /^[\t-~]*$/.test(text)

const normalisePiece = (piece: string): string =>
  remembered(pieces, piece, () =>
    piece
      .normalize('NFKC')
      .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
      .replace(/\p{Pd}|\u2212/gu, '-')
      .replace(/\p{Nd}/gu, asciiDigit),
  )

/** The decimal digits of a script are ten in a row (Unicode, section 4.6). */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0
  if (code < 0x80) return digit
  let before = 0
  while (before < 60 && /\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before += 1
  return String(before % 10)
}

/** Resolves one level of `%40`; undefined when there is none. Bytes that are no UTF-8 stay as they are. */
export function decodePercents(text: string): SearchText | undefined {
  if (!text.includes('%')) return undefined
  const rewriting = new Rewriting()
  let copied = 0
  for (const match of text.matchAll(/(?:%[0-9A-Fa-f]{2}){1,12}/g)) {
    rewriting.addAsIs(text.slice(copied, match.index), copied)
    copied = match.index + match[0].length
    addDecoded(rewriting, match[0], match.index)
  }
  if (copied === 0) return undefined
  rewriting.addAsIs(text.slice(copied), copied)
  return rewriting.result()
}

function addDecoded(rewriting: Rewriting, encoded: string, start: number): void {
  for (let at = 0; at < encoded.length;) {
    const length = 3 * bytesOfCharacter(Number.parseInt(encoded.slice(at + 1, at + 3), 16))
    const piece = encoded.slice(at, at + length)
    const decoded = decodePiece(piece)
    if (decoded === undefined) rewriting.addAsIs(encoded.slice(at, at + 3), start + at)
    else rewriting.add(decoded, start + at, start + at + piece.length)
    at += decoded === undefined ? 3 : piece.length
  }
}

const bytesOfCharacter = (first: number): number => (first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4)

function decodePiece(piece: string): string | undefined {
  try {
    return decodeURIComponent(piece)
  } catch {
    return undefined
  }
}
