import type { LogEntry } from '../../src-protocol/log-entry.ts'

/** One line about access: what happened, to whom, on which connection, by whom, and what there is to say. */
export interface AccessLine {
  act: string
  person?: string
  connection?: string
  by?: string
  about: string
}

/** What an entry of the log says about access, or about who decides in whose place, for a table; undefined if it is about something else. */
export function accessLineOf(entry: LogEntry): AccessLine | undefined {
  switch (entry.kind) {
    case 'access.rule': {
      const { title, maxMinutes, approvers } = entry.terms
      const about = `${entry.rule} “${title}”, ${maxMinutes} minutes, approval by ${approvers.join(' ') || 'nobody'}`
      return { act: entry.kind, connection: entry.terms.connection, by: entry.by, about }
    }
    case 'access.rule-removed':
      return { act: entry.kind, connection: entry.connection, by: entry.by, about: entry.rule }
    case 'access.requested': {
      const { request, input } = entry
      const about = [request, `${input.minutes} minutes`, input.ticket, input.reason].filter(Boolean).join(', ')
      return { act: entry.kind, person: input.requester, connection: input.connection, about }
    }
    case 'access.granted': {
      const { person, connection, vote, request, grant, startsAt, endsAt } = entry
      const about = `${grant} for ${request}, ${startsAt} to ${endsAt}`
      return { act: entry.kind, person, connection, ...(vote && { by: vote.person.sub }), about }
    }
    case 'access.settled': {
      const { person, connection, vote, request, state, because } = entry
      const about = [request, state, because ?? vote?.reason].filter(Boolean).join(', ')
      return { act: entry.kind, person, connection, ...(vote && { by: vote.person.sub }), about }
    }
    case 'access.ended': {
      const { person, connection, by, grant, reason, because } = entry
      return {
        act: entry.kind,
        person,
        connection,
        ...(by !== undefined && { by }),
        about: [grant, reason, because].filter(Boolean).join(', '),
      }
    }
    case 'delegation.given': {
      const { delegation, delegator, delegate, input } = entry
      const about = `${delegation} for ${input.groups.join(' ')}, ${input.from} to ${input.until}, ${input.reason}`
      return { act: entry.kind, person: delegate.sub, by: delegator.sub, about }
    }
    case 'delegation.ended': {
      const { delegation, delegator, delegate, reason } = entry
      return { act: entry.kind, person: delegate, by: delegator, about: `${delegation}, ${reason}` }
    }
    default:
      return undefined
  }
}
