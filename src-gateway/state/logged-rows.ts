import { createHash } from 'node:crypto'
import { canonicalJson } from '../../src-core/approval/canonical-json.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { LogListener } from './replay-log.ts'
import type { AgentRow, ConnectionRow } from './schema.ts'

type Noted = Pick<Extract<LogEntry, { kind: 'admin' }>, 'act' | 'subject' | 'row'>

/**
 * What the log holds of agents and connections: the hash of each row as an administrator left it. A row that somebody wrote past the gateway
 * (another server behind a known name, another key for a known agent) does not fit.
 */
export interface LoggedRows {
  /** what it learns from the log at start */
  listener: LogListener
  /** an entry that was just appended */
  note(entry: Noted): void
  /** Logs of earlier versions have no hashes: such a row fits as long as it was made and not removed. */
  fits(kind: 'agent' | 'connection', id: string, hash: string): boolean
}

export function createLoggedRows(): LoggedRows {
  const newest = new Map<string, { row: string | undefined }>()

  function note({ act, subject, row }: Noted): void {
    // it is about an agent that does not exist yet
    if (act === 'agent.join-token') return
    // what follows the name says in words what was changed
    const key = `${act.slice(0, act.indexOf('.'))} ${subject.split(':', 1)[0] ?? ''}`
    if (act.endsWith('.removed')) newest.delete(key)
    else newest.set(key, { row })
  }

  return {
    note,
    listener: {
      mark: '"kind":"admin"',
      note(entry) {
        if (entry.kind === 'admin') note(entry)
      },
    },
    fits(kind, id, hash) {
      const logged = newest.get(`${kind} ${id}`)
      return logged !== undefined && (logged.row === undefined || logged.row === hash)
    },
  }
}

/** What was listed on it changes without an administrator, and is not in it. Empty columns are not either, so that there can be more of them. */
export function connectionRowHash(row: ConnectionRow): string {
  const { name, title, description, agent, server, groups, max_minutes, created_at, new_tools, dialect } = row
  return hashOf({ name, title, description, agent, server, groups, max_minutes, created_at, new_tools, dialect })
}

/** Without what the agent itself says when it connects. */
export const agentRowHash = ({ id, name, public_key, enrolled_at }: Pick<AgentRow, 'id' | 'name' | 'public_key' | 'enrolled_at'>): string =>
  hashOf({ id, name, public_key, enrolled_at })

function hashOf(row: Record<string, string | number | null>): string {
  const filled = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
  return createHash('sha256').update(canonicalJson(filled)).digest('hex')
}
