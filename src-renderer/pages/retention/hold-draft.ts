import { sessionId } from '../../../src-protocol/ids.ts'

/** A hold as it is being written. Days are those of UTC, as in the log. */
export interface HoldDraft {
  person: string | null
  connection: string | null
  from: string
  before: string
  sessions: string
  reason: string
}

export const emptyHoldDraft: HoldDraft = { person: null, connection: null, from: '', before: '', sessions: '', reason: '' }

const shortestReason = 3
const mostSessions = 500
const idsOf = (text: string): string[] => text.split(/[\s,]+/).filter((id) => id !== '')

/** The first thing that is wrong, with the field that it is wrong in. */
export function draftProblem(draft: HoldDraft): { field: keyof HoldDraft; sentence: string } | undefined {
  const ids = idsOf(draft.sessions)
  const wrong = ids.find((id) => !sessionId.safeParse(id).success)
  if (wrong !== undefined) return { field: 'sessions', sentence: `“${wrong.slice(0, 40)}” is not the id of a session.` }
  if (ids.length > mostSessions) return { field: 'sessions', sentence: `At most ${mostSessions} sessions are held by id.` }
  if (draft.from !== '' && draft.before !== '' && draft.from >= draft.before) {
    return { field: 'before', sentence: 'It must be a later day than the first one.' }
  }
  if (draft.person === null && draft.connection === null && draft.from === '' && draft.before === '' && ids.length === 0) {
    return { field: 'person', sentence: 'Say what is to be kept: a person, a connection, days, or sessions.' }
  }
  if (draft.reason.trim().length < shortestReason) return { field: 'reason', sentence: 'Say in a few words why.' }
  return undefined
}

/** What goes to the gateway: only what is filled in. */
export function requestOf({ person, connection, from, before, sessions, reason }: HoldDraft): object {
  const ids = idsOf(sessions)
  return {
    selection: {
      ...(person !== null && { person }),
      ...(connection !== null && { connection }),
      ...(from !== '' && { endedFrom: `${from}T00:00:00.000Z` }),
      ...(before !== '' && { endedBefore: `${before}T00:00:00.000Z` }),
      ...(ids.length > 0 && { sessions: ids }),
    },
    reason,
  }
}
