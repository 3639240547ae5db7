import { createPart, slotWidth, type SearchDatabase } from './search-database.ts'

/** One table of documents: a stretch of the log. */
export interface SearchPart {
  number: number
  /** log indexes, both included */
  lowest: number
  highest: number
  /** that were written to it */
  documents: number
}

export interface SearchParts {
  /** the newest first */
  all(): readonly SearchPart[]
  at(logIndex: number): SearchPart | undefined
  /** Where the documents of a log entry belong; `full`: parts that have no room for it, if it begins one of its own. */
  place(logIndex: number): { part: SearchPart; full: readonly SearchPart[] }
  wrote(part: SearchPart, documents: number): void
}

/** What comes later between a part and what it was lengthened by is put into it, full or not: that must not be much. */
const reach = 16 * slotWidth

/**
 * A search looks into every part, and walks through one before it looks at the clock: few documents are for parts, and few parts are for documents. So the
 * neighbour's part is lengthened as long as it is not full. Slots of the log stay whole, in whatever order recordings come.
 */
export function createSearchParts(database: SearchDatabase, documentsOfFull: number): SearchParts {
  const insert = database.prepare('INSERT INTO part (number, lowest, highest, documents) VALUES (@number, @lowest, @highest, @documents)')
  const lengthen = database.prepare('UPDATE part SET lowest = @lowest, highest = @highest WHERE number = @number')
  const count = database.prepare('UPDATE part SET documents = @documents WHERE number = @number')
  const parts = database.prepare<[], SearchPart>('SELECT * FROM part ORDER BY lowest DESC').all()

  const at = (logIndex: number) => parts.find(({ lowest, highest }) => logIndex >= lowest && logIndex <= highest)

  const begin = database.transaction((part: SearchPart): void => {
    createPart(database, part.number)
    insert.run(part)
  })

  return {
    all: () => parts,
    at,
    place(logIndex) {
      const known = at(logIndex)
      if (known) return { part: known, full: [] }
      const lowest = Math.floor(logIndex / slotWidth) * slotWidth
      const highest = lowest + slotWidth - 1
      const below = parts.find((part) => part.highest < lowest)
      const above = parts.findLast((part) => part.lowest > highest)
      const near = [below, above].filter((part) => part && part.highest >= lowest - reach && part.lowest <= highest + reach)
      const neighbours = near.filter((part) => part !== undefined)
      const neighbour = neighbours.find(({ documents }) => documents < documentsOfFull)
      if (neighbour) {
        const longer = { lowest: Math.min(neighbour.lowest, lowest), highest: Math.max(neighbour.highest, highest) }
        lengthen.run({ number: neighbour.number, ...longer })
        Object.assign(neighbour, longer)
        return { part: neighbour, full: [] }
      }
      const part = { number: lowest / slotWidth, lowest, highest, documents: 0 }
      begin(part)
      parts.push(part)
      parts.sort((a, b) => b.lowest - a.lowest)
      return { part, full: neighbours }
    },
    wrote(part, documents) {
      part.documents += documents
      count.run(part)
    },
  }
}
