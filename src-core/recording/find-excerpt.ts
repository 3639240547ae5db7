import { plainText, searchWords } from './plain-text.ts'

export interface ExcerptPart {
  text: string
  hit: boolean
}

/** characters before the first hit, and in all */
const lead = 48
const length = 220

/** Finds words at their beginning, as the index does. @returns undefined if none of them occurs */
export function createExcerptFinder(search: string): ((body: string) => { parts: ExcerptPart[]; words: number } | undefined) | undefined {
  const words = [...new Set(searchWords(search).map((word) => word.toLowerCase()))]
  if (words.length === 0) return undefined
  // words are letters and digits only: none of them means anything else in an expression
  const anyWord = new RegExp(`(?<![\\p{L}\\p{N}\\p{Co}])(?:${words.toSorted((a, b) => b.length - a.length).join('|')})`, 'giu')

  return (body) => {
    const text = plainText(body)
    const first = text.search(anyWord)
    if (first < 0) return undefined
    const start = Math.max(0, first - lead)
    const cut = text.slice(start, start + length).replace(/\s/g, ' ')
    const parts: ExcerptPart[] = start > 0 ? [{ text: '…', hit: false }] : []
    const found = new Set<string>()
    let at = 0
    for (const { 0: hit, index } of cut.matchAll(anyWord)) {
      if (index > at) parts.push({ text: cut.slice(at, index), hit: false })
      parts.push({ text: hit, hit: true })
      found.add(hit.toLowerCase())
      at = index + hit.length
    }
    const rest = cut.slice(at) + (start + length < text.length ? '…' : '')
    if (rest !== '') parts.push({ text: rest, hit: false })
    return { parts, words: found.size }
  }
}
