/** A text as detectors read it, and where each of its characters stood. */
export interface SearchText {
  text: string
  /** the place in the original of [start, end) */
  origin: (start: number, end: number) => { start: number; end: number }
}

const unchanged = (start: number, end: number): { start: number; end: number } => ({ start, end })

/** The steps of one pass over a text: each piece of the original and what a detector reads in its place. */
class Rewriting {
  text = ''
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  add(piece: string, start: number, end: number): void {
    this.text += piece
    for (let at = 0; at < piece.length; at += 1) {
      this.#starts.push(start)
      this.#ends.push(end)
    }
  }

  /** Every character stands for itself. */
  addAsIs(piece: string, start: number): void {
    this.text += piece
    for (let at = start; at < start + piece.length; at += 1) {
      this.#starts.push(at)
      this.#ends.push(at + 1)
    }
  }

  result(): SearchText {
    return {
      text: this.text,
      origin: (start, end) => ({ start: this.#starts[start] ?? 0, end: this.#ends[end - 1] ?? 0 }),
    }
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
    const end = pieceEnd(text, at)
    const piece = text.slice(at, end)
    if (end === at + 1 && piece <= '~') rewriting.addAsIs(piece, at)
    else rewriting.add(normalisePiece(piece), at, end)
    at = end
  }
  return rewriting.result()
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
