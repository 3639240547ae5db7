import type { Database } from 'better-sqlite3'

/** Words that begin with what was typed, asked for one by one up to this many: each is a list that need not be read to its end. */
const mostExpansions = 24
/** The index answers for beginnings of this length itself. */
const indexedPrefix = 3

export interface SearchTerms {
  /** as FTS5 takes it */
  match: string
  /** what to mark in a text, folded; the beginning of a word is enough */
  words: readonly string[]
}

/**
 * A person's words as an FTS5 query: every word has to occur, the beginning of a word is enough (two letters of it); what stands in quotation marks has to occur as it is.
 * Undefined if there is no word in it.
 *
 * FTS5 reads every place of every word of a prefix before it gives the first hit, which for a word that each of a million records holds takes longer than a
 * person wants to wait. So a prefix is replaced by the few words that it stands for, where they are few.
 */
export function createSearchQuery(database: Database): (text: string) => SearchTerms | undefined {
  const nextWord = database.prepare<[string], { term: string }>('SELECT term FROM record_word WHERE term >= ? LIMIT 1')

  function expand(prefix: string): string[] | undefined {
    const words: string[] = []
    for (let from = prefix; ; from = `${words.at(-1)}\u0000`) {
      const next = nextWord.get(from)?.term
      if (next === undefined || !next.startsWith(prefix)) return words
      if (words.length === mostExpansions) return undefined
      words.push(next)
    }
  }

  function wordQuery(word: string): string {
    const folded = fold(word)
    // half of all words begin with it: who types a single letter or digit means it
    if (/^[a-z0-9]$/.test(folded)) return `"${word}"`
    if (folded.length <= indexedPrefix) return `"${word}"*`
    const words = expand(folded)
    // also where our folding is not the tokenizer's: then nothing begins with it, and the index is asked
    if (words === undefined || words.length === 0) return `"${word}"*`
    return `(${words.map((one) => `"${one}"`).join(' OR ')})`
  }

  return (text) => {
    const queries: string[] = []
    const marked: string[] = []
    for (const [index, part] of text.split('"').entries()) {
      const words = part.match(/[\p{L}\p{N}\p{Co}]+/gu) ?? []
      if (words.length === 0) continue
      marked.push(...words.map(fold))
      // between two quotation marks; one alone begins no phrase
      if (index % 2 === 1 && text.split('"').length > index + 1) queries.push(`"${words.join(' ')}"`)
      else queries.push(...words.map(wordQuery))
    }
    return queries.length === 0 ? undefined : { match: queries.join(' AND '), words: marked }
  }
}

/** As the tokenizer `unicode61 remove_diacritics 2` folds a word, where it can be done without its tables. */
export const fold = (word: string): string => word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
