import { hash } from 'node:crypto'
import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'

/** What records can be filtered by. */
export type FacetKind = 'connection' | 'person' | 'tool' | 'rule' | 'verdict'

const letters: Record<FacetKind, string> = { connection: 'c', person: 'p', tool: 't', rule: 'r', verdict: 'v' }

/** A value as one word of the index, whatever is in it. */
export const facetWord = (kind: FacetKind, value: string): string => `${letters[kind]}${hash('sha256', value).slice(0, 20)}`

/** FTS5: records that have all these values. Undefined if nothing is asked for. */
export function facetQuery(values: Partial<Record<FacetKind, string | undefined>>): string | undefined {
  const words = Object.entries(values).flatMap(([kind, value]) =>
    value === undefined ? [] : [`facet : "${facetWord(kind as FacetKind, value)}"`],
  )
  return words.length === 0 ? undefined : words.join(' AND ')
}

/** Words of the records of one session; each value is hashed once. */
export function createFacetWords(session: { connection: string; person: string }): (row: ReplayRow, rules: readonly string[]) => string {
  const known = new Map<string, string>()
  const word = (kind: FacetKind, value: string): string => {
    const key = `${kind} ${value}`
    const found = known.get(key) ?? facetWord(kind, value)
    known.set(key, found)
    return found
  }
  const ofSession = `${word('connection', session.connection)} ${word('person', session.person)}`
  return (row, rules) =>
    [
      ofSession,
      ...(row.verdict === undefined ? [] : [word('verdict', row.verdict)]),
      ...(row.tool === undefined ? [] : [word('tool', row.tool)]),
      ...rules.map((rule) => word('rule', rule)),
    ].join(' ')
}
