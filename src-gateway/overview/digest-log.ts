import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { OverviewDatabase } from './overview-database.ts'

/** Takes over what new entries of the log say. Everything here comes from the log itself: the state could be written to past the gateway. */
export interface LogDigest {
  /** resolves once all entries that were there are taken over */
  catchUp(): Promise<void>
}

/** entries of one transaction; in between others get to work */
const atOnce = 500

export function createLogDigest(database: OverviewDatabase, log: Pick<TransparencyLog, 'snapshot' | 'size'>): LogDigest {
  const statements = prepare(database)
  let running: Promise<void> | undefined

  const take = database.transaction((entries: readonly LogEntry[], upTo: number) => {
    for (const entry of entries) takeEntry(statements, entry)
    statements.progress.run({ entries: upTo })
  })

  async function run(): Promise<void> {
    let { entries: from } = statements.known.get() ?? { entries: 0 }
    const reader = log.snapshot()
    // another log, or an older copy of it: what was counted is of no use
    if (from > reader.size) from = forget(database)
    let gathered: LogEntry[] = []
    for await (const { index, bytes } of reader.entries(from, reader.size)) {
      gathered.push(JSON.parse(Buffer.from(bytes).toString('utf8')) as LogEntry)
      if (gathered.length < atOnce && index + 1 < reader.size) continue
      take(gathered, index + 1)
      gathered = []
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  return {
    async catchUp() {
      // one that runs may have begun before the entry that is asked for
      await running
      running ??= run().finally(() => (running = undefined))
      await running
    },
  }
}

type Statements = ReturnType<typeof prepare>

function prepare(database: OverviewDatabase) {
  const run = (text: string) => database.prepare(text)
  return {
    known: database.prepare<[], { entries: number; counter: number }>('SELECT entries, counter FROM progress'),
    progress: run('UPDATE progress SET entries = @entries'),
    counter: run('UPDATE progress SET counter = max(counter, @counter)'),
    missing: run('INSERT OR IGNORE INTO missing_number VALUES (@day, @first, @last, @at)'),
    kind: run('INSERT INTO entry_day VALUES (@day, @kind, 1) ON CONFLICT DO UPDATE SET entries = entries + 1'),
    session: run('INSERT OR IGNORE INTO session (session, connection, person, opened_at) VALUES (@session, @connection, @person, @at)'),
    sessionDay: run(
      'INSERT INTO session_day (day, session, connection, person, opened) VALUES (@day, @session, @connection, @person, 1) ON CONFLICT DO UPDATE SET opened = 1',
    ),
    access: run(
      'INSERT INTO access_day (day, connection, person, sessions) VALUES (@day, @connection, @person, 1) ON CONFLICT DO UPDATE SET sessions = sessions + 1',
    ),
    hour: run('INSERT INTO hour (hour, sessions) VALUES (@hour, 1) ON CONFLICT DO UPDATE SET sessions = sessions + 1'),
    lastUse: run(
      'INSERT INTO last_use VALUES (@person, @connection, 1, @at) ON CONFLICT DO UPDATE SET sessions = sessions + 1, at = max(at, @at)',
    ),
    close: run('UPDATE session SET closed_at = @at, end_reason = @endReason WHERE session = @session'),
    approval: run(
      `INSERT OR IGNORE INTO approval (approval, session, connection, tool, requester, requested_at, outcome)
       VALUES (@approval, @session, @connection, @tool, @requester, @at, 'pending')`,
    ),
    vote: run(`UPDATE approval SET deciders = json_insert(deciders, '$[#]', @sub) WHERE approval = @approval`),
    settle: run(
      `UPDATE approval SET outcome = @state, settled_at = @at,
         waited_ms = cast(round((julianday(@at) - julianday(requested_at)) * 86400000) AS INTEGER)
       WHERE approval = @approval AND outcome = 'pending'`,
    ),
  }
}

function takeEntry(statements: Statements, entry: LogEntry): void {
  const { at, kind } = entry
  const day = at.slice(0, 10)
  statements.kind.run({ day, kind })
  switch (kind) {
    case 'session.open': {
      const { session, connection, person, counter } = entry
      const { counter: last } = statements.known.get() ?? { counter: 0 }
      if (counter > last + 1) statements.missing.run({ day, first: last + 1, last: counter - 1, at })
      statements.counter.run({ counter })
      // after a crash a session may be logged as opened twice
      if (statements.session.run({ session, connection, person, at }).changes === 0) return
      statements.sessionDay.run({ day, session, connection, person })
      statements.access.run({ day, connection, person })
      statements.hour.run({ hour: at.slice(0, 13) })
      statements.lastUse.run({ person, connection, at })
      return
    }
    case 'session.close':
      statements.close.run({ session: entry.session, at, endReason: entry.endReason })
      return
    case 'approval.requested': {
      const { session, connection, tool, requester } = entry.input
      statements.approval.run({ approval: entry.approval, session, connection, tool, requester, at })
      return
    }
    case 'approval.vote':
      statements.vote.run({ approval: entry.approval, sub: entry.vote.person.sub })
      return
    case 'approval.settled':
      if (entry.state !== 'executed') statements.settle.run({ approval: entry.approval, state: entry.state, at })
      return
    default:
  }
}

const tables = [
  'session',
  'session_day',
  'access_day',
  'hour',
  'mask_day',
  'mask_session',
  'last_use',
  'approval',
  'missing_number',
  'entry_day',
]

function forget(database: OverviewDatabase): number {
  database.transaction(() => {
    for (const table of tables) database.exec(`DELETE FROM ${table}`)
    database.exec('UPDATE progress SET entries = 0, counter = 0')
  })()
  return 0
}
