import type { DesktopInput } from '../../../src-protocol/desktop-api.ts'
import { connectionName } from '../../../src-protocol/ids.ts'
import type { SearchedVerdict } from '../../../src-protocol/recording-search.ts'
import type { Period } from './recording-filters.ts'

/** What stands in the fields of a search; empty: no restriction. */
export interface SearchDraft {
  text: string
  tool: string
  rule: string
  connection: string
  /** a person's `sub` */
  person: string | undefined
  verdict: SearchedVerdict | undefined
  period: Period | undefined
}

export const noSearch: SearchDraft = {
  text: '',
  tool: '',
  rule: '',
  connection: '',
  person: undefined,
  verdict: undefined,
  period: undefined,
}

/** The gateway's query. A connection that cannot be one is asked for all the same: nothing is found, instead of everything. */
export function searchQueryOf(
  draft: SearchDraft,
  rangeOf: (period: Period) => { from: string; until?: string },
): DesktopInput<'recordings:search'> {
  const { person, verdict, period } = draft
  const range = period && rangeOf(period)
  const named = Object.entries({ text: draft.text, tool: draft.tool, rule: draft.rule }).filter(([, value]) => value.trim() !== '')
  const connection = draft.connection.trim()
  return {
    ...Object.fromEntries(named.map(([name, value]) => [name, value.trim()])),
    ...(connection !== '' && { connection: connectionName.safeParse(connection).data ?? connection }),
    ...(person !== undefined && { person }),
    ...(verdict && { verdict }),
    ...(range && { from: range.from }),
    ...(range?.until !== undefined && { to: range.until }),
  }
}
