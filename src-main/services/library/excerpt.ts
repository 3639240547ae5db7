import { fold } from './search-query.ts'

/** characters before the first word that was found, and in all */
const leading = 48
const length = 220
/** Words are looked for in this much of a message; what is found behind it is shown without its place. */
const searched = 256 * 1024

/** A piece of a text around the first of the words, on one line, and where in it words begin that begin with one of them. */
export function excerptOf(text: string, words: readonly string[]): { excerpt: string; marks: [start: number, end: number][] } {
  const wanted = words.filter((word) => word !== '')
  const beginsWith = (word: string) => wanted.find((one) => word.startsWith(one))
  const haystack = text.slice(0, searched)
  let first: number | undefined
  for (const match of haystack.matchAll(wordPattern)) {
    if (beginsWith(fold(match[0])) === undefined) continue
    first = match.index
    break
  }
  const from = first === undefined ? 0 : wholeCharacter(text, Math.max(0, first - leading))
  const piece = text.slice(from, wholeCharacter(text, from + length)).replace(/\s/gu, ' ')
  const excerpt = `${from > 0 ? '…' : ''}${piece}${from + piece.length < text.length ? '…' : ''}`
  const marks: [number, number][] = []
  for (const match of excerpt.matchAll(wordPattern)) {
    const found = beginsWith(fold(match[0]))
    // a folded word may be shorter than what stands there: then all of it is marked
    if (found !== undefined)
      marks.push([match.index, match.index + (fold(match[0]).length === match[0].length ? found.length : match[0].length)])
  }
  return { excerpt, marks }
}

const wordPattern = /[\p{L}\p{N}\p{Co}\p{M}]+/gu

/** Never between the two halves of a character. */
const wholeCharacter = (text: string, at: number): number => (/[\uDC00-\uDFFF]/.test(text.charAt(at)) ? at + 1 : at)
