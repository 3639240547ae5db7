import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { AccessLine } from './access-rows.ts'

/** What an entry of the log says about break-glass, for the table of access; undefined if it is about something else. */
export function breakGlassLineOf(entry: LogEntry): AccessLine | undefined {
  switch (entry.kind) {
    case 'break-glass.rule':
    case 'break-glass.rule-proposed': {
      const { title, tools, maxMinutes, people, groups, reviewers, connection } = entry.terms
      const agreed = 'approvedBy' in entry && entry.approvedBy !== undefined ? `, agreed by ${entry.approvedBy}` : ''
      const who = [...people, ...groups].join(' ')
      const about = `${entry.rule} “${title}”, ${tools.join(' ')}, ${maxMinutes} minutes, for ${who}, review by ${reviewers.join(' ')}${agreed}`
      return { act: entry.kind, connection, by: entry.by, about }
    }
    case 'break-glass.rule-rejected':
      return { act: entry.kind, by: entry.by, about: entry.rule }
    case 'break-glass.rule-removed':
      return { act: entry.kind, connection: entry.connection, by: entry.by, about: entry.rule }
    case 'break-glass.opened': {
      const { input, breakGlass, startsAt, endsAt } = entry
      const about = `${breakGlass}, ${startsAt} to ${endsAt}, ${input.tools.join(' ')}, ${input.reason}`
      return { act: entry.kind, person: input.person, connection: input.connection, by: input.person, about }
    }
    case 'break-glass.used':
      return { act: entry.kind, about: [entry.breakGlass, entry.approval, entry.session, entry.tool].join(', ') }
    case 'break-glass.ended': {
      const { person, connection, by, breakGlass, reason, because } = entry
      const about = [breakGlass, reason, because].filter(Boolean).join(', ')
      return { act: entry.kind, person, connection, ...(by !== undefined && { by }), about }
    }
    case 'break-glass.reviewed': {
      const { person, connection, breakGlass, vote } = entry
      const found = vote.decision === 'approve' ? 'justified' : 'not justified'
      return { act: entry.kind, person, connection, by: vote.person.sub, about: [breakGlass, found, vote.reason].join(', ') }
    }
    default:
      return undefined
  }
}
