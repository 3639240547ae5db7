import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { OverviewDatabase } from './overview-database.ts'

export interface PlacedEntry {
  index: number
  entry: LogEntry
}

/** Takes over what entries of the log say. @returns the highest number that a session was given so far */
export type TakeEntries = (entries: readonly PlacedEntry[], counter: number) => number

/** Everything here comes from the log itself: the state could be written to past the gateway. */
export function createTakeEntries(database: OverviewDatabase): TakeEntries {
  const statements = prepare(database)

  return (entries, counter) => {
    const gathered = gatherSums(statements)
    let last = counter
    for (const { index, entry } of entries) {
      gathered.kind.add(entry.at.slice(0, 10), entry.kind)
      if (entry.kind === 'session.open') last = takeOpening(statements, gathered, index, entry, last)
      else takeEntry(statements, index, entry)
    }
    gathered.write()
    return last
  }
}

type Statements = ReturnType<typeof prepare>
type Opening = Extract<LogEntry, { kind: 'session.open' }>

function prepare(database: OverviewDatabase) {
  const run = (text: string) => database.prepare(text)
  return {
    missing: run('INSERT OR IGNORE INTO missing_number VALUES (@day, @first, @last, @at)'),
    kind: run('INSERT INTO entry_day VALUES (@day, @kind, @more) ON CONFLICT DO UPDATE SET entries = entries + @more'),
    numbered: database.prepare<[number, string], { session: string }>(
      'SELECT session FROM session WHERE counter = ? AND session <> ? LIMIT 1',
    ),
    session: run(
      'INSERT OR IGNORE INTO session (session, counter, connection, person, opened_at) VALUES (@session, @counter, @connection, @person, @at)',
    ),
    sessionDay: run(
      'INSERT INTO session_day (day, session, connection, person, opened) VALUES (@day, @session, @connection, @person, 1) ON CONFLICT DO UPDATE SET opened = 1',
    ),
    access: run(
      'INSERT INTO access_day (day, connection, person, sessions) VALUES (@day, @connection, @person, @more) ON CONFLICT DO UPDATE SET sessions = sessions + @more',
    ),
    hour: run('INSERT INTO hour (hour, sessions) VALUES (@hour, @more) ON CONFLICT DO UPDATE SET sessions = sessions + @more'),
    lastUse: run(
      'INSERT INTO last_use VALUES (@person, @connection, @more, @at) ON CONFLICT DO UPDATE SET sessions = sessions + @more, at = max(at, @at)',
    ),
    close: run('UPDATE session SET closed_at = @at, closed_entry = @index, end_reason = @endReason WHERE session = @session'),
    removed: run('UPDATE session SET removed = 1 WHERE session = @session'),
    approval: run(
      `INSERT OR IGNORE INTO approval (approval, session, connection, tool, requester, requested_at, decide_by, outcome)
       VALUES (@approval, @session, @connection, @tool, @requester, @at, @decideBy, 'pending')`,
    ),
    requester: database.prepare<[string], { requester: string }>('SELECT requester FROM approval WHERE approval = ?'),
    vote: run(`UPDATE approval SET deciders = json_insert(deciders, '$[#]', @sub) WHERE approval = @approval`),
    settle: run(
      `UPDATE approval SET outcome = @state, settled_at = @at,
         waited_ms = cast(round((julianday(@at) - julianday(requested_at)) * 86400000) AS INTEGER)
       WHERE approval = @approval AND outcome = 'pending'`,
    ),
    document: run('INSERT INTO document VALUES (@kind, @index) ON CONFLICT DO UPDATE SET entry = @index'),
    doubt: run('INSERT OR IGNORE INTO log_doubt VALUES (@control, @index, @what)'),
  }
}

/** Sums that many entries add to: a row is written once for all of them. */
function gatherSums(statements: Statements) {
  const kinds = new Map<string, { day: string; kind: string; more: number }>()
  const uses = new Map<string, { day: string; connection: string; person: string; more: number }>()
  const hours = new Map<string, { hour: string; more: number }>()
  const lastUses = new Map<string, { person: string; connection: string; more: number; at: string }>()
  return {
    kind: {
      add(day: string, kind: string): void {
        const key = `${day}\n${kind}`
        const sum = kinds.get(key)
        if (sum) sum.more += 1
        else kinds.set(key, { day, kind, more: 1 })
      },
    },
    opened({ connection, person, at }: Opening): void {
      const [day, hour] = [at.slice(0, 10), at.slice(0, 13)]
      const [useKey, lastKey] = [`${day}\n${connection}\n${person}`, `${connection}\n${person}`]
      const [use, ofHour, last] = [uses.get(useKey), hours.get(hour), lastUses.get(lastKey)]
      if (use) use.more += 1
      else uses.set(useKey, { day, connection, person, more: 1 })
      if (ofHour) ofHour.more += 1
      else hours.set(hour, { hour, more: 1 })
      if (last) {
        last.more += 1
        if (at > last.at) last.at = at
      } else lastUses.set(lastKey, { person, connection, more: 1, at })
    },
    write(): void {
      for (const sum of kinds.values()) statements.kind.run(sum)
      for (const sum of uses.values()) statements.access.run(sum)
      for (const sum of hours.values()) statements.hour.run(sum)
      for (const sum of lastUses.values()) statements.lastUse.run(sum)
    },
  }
}

function takeOpening(statements: Statements, gathered: ReturnType<typeof gatherSums>, index: number, entry: Opening, last: number): number {
  const { session, connection, person, counter, at } = entry
  const day = at.slice(0, 10)
  const doubt = (what: string) => statements.doubt.run({ control: 'CC7.2', index, what })
  if (counter <= last && statements.numbered.get(counter, session)) doubt(`the number ${counter} was given to two sessions.`)
  if (counter > last + 1) {
    const missing = counter - last - 1
    doubt(`${missing.toLocaleString('en')} ${missing === 1 ? 'number' : 'numbers'} before ${counter} are missing.`)
    statements.missing.run({ day, first: last + 1, last: counter - 1, at })
  }
  // after a crash a session may be logged as opened twice
  if (statements.session.run({ session, counter, connection, person, at }).changes > 0) {
    statements.sessionDay.run({ day, session, connection, person })
    gathered.opened(entry)
  }
  return Math.max(last, counter)
}

function takeEntry(statements: Statements, index: number, entry: LogEntry): void {
  const { at, kind } = entry
  switch (kind) {
    case 'session.close':
      statements.close.run({ session: entry.session, at, index, endReason: entry.endReason })
      return
    case 'recording.removed':
      statements.removed.run({ session: entry.session })
      return
    case 'approval.requested': {
      const { session, connection, tool, requester, decideBy } = entry.input
      statements.approval.run({ approval: entry.approval, session, connection, tool, requester, at, decideBy })
      return
    }
    case 'approval.vote': {
      const { sub, name } = entry.vote.person
      const requester = statements.requester.get(entry.approval)?.requester
      statements.vote.run({ approval: entry.approval, sub })
      if (requester === undefined || requester === sub) {
        const what =
          requester === undefined ? 'it votes about a request that the log does not have.' : `${name} decided about their own request.`
        statements.doubt.run({ control: 'CC6.3', index, what })
      }
      return
    }
    case 'approval.settled':
      if (entry.state !== 'executed') statements.settle.run({ approval: entry.approval, state: entry.state, at })
      return
    case 'policy.version':
      statements.document.run({ kind: entry.document, index })
      return
    default:
  }
}
