/** A week of work, as it would stand in a gateway's recordings: written at once, since a thousand sessions through the front door take an hour. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { join } from 'node:path'
import { closeRecordFixture, messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { timestampOf } from '../../src-node/clock.ts'
import { recordingPaths } from '../../src-node/recording-paths.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { OpenRecord, SessionRecord } from '../../src-protocol/recording.ts'
import { insertRows } from '../bench/state-rows.ts'

const dayMs = 24 * 3600 * 1000
/** what an operator does in a session; one in ten changes the schema */
const statements = [
  'SELECT name, city FROM customers WHERE id = 7',
  'SELECT count(*) FROM payments',
  "UPDATE customers SET city = 'Bern' WHERE id = 7",
  'SELECT * FROM cards WHERE customer_id = 7',
  'SELECT sum(amount) FROM payments WHERE customer_id = 7',
  'CREATE TABLE scratch AS SELECT id FROM customers',
  'SELECT id FROM customers ORDER BY id',
  'DELETE FROM payments WHERE id = 3',
  'SELECT city, count(*) FROM customers GROUP BY city',
  'SELECT 1',
]

export interface RecordedWeek {
  sessions: number
  calls: number
  schemaChanges: number
}

export function writeRecordedWeek(folders: { recordings: string; gateway: string }, sessions: number, now = Date.now()): RecordedWeek {
  const state = new Database(join(folders.gateway, 'gateway.sqlite'))
  const rows: Record<string, string | number>[] = []
  for (let number = 0; number < sessions; number += 1) {
    const session = `ses_week${String(number).padStart(12, '0')}` as SessionId
    const startedAt = now - 6.5 * dayMs + number * ((6 * dayMs) / sessions)
    const records = recordsOf(session, number, startedAt)
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('')
    const path = recordingPaths(folders.recordings, session).finished
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, text, { mode: 0o600 })
    const { person, connection, reason, policyVersion, maskingVersion } = records[0] as OpenRecord
    rows.push({
      session,
      connection,
      person: JSON.stringify(person),
      reason,
      started_at: timestampOf(new Date(startedAt)),
      ended_at: timestampOf(new Date(startedAt + 600_000)),
      end_reason: 'ended-by-operator',
      records: records.length,
      bytes: Buffer.byteLength(text),
      counts: JSON.stringify({ allowed: statements.length, masked: 0, held: 0, denied: 0 }),
      policy_version: policyVersion,
      masking_version: maskingVersion,
      // older than everything that this gateway's own log holds
      log_index: number - sessions,
    })
  }
  insertRows(state, 'recordings', rows)
  state.close()
  return { sessions, calls: sessions * statements.length, schemaChanges: sessions }
}

function recordsOf(session: SessionId, number: number, startedAt: number): SessionRecord[] {
  const at = (seq: number) => timestampOf(new Date(startedAt + seq * 1000))
  const decision = { effect: 'allow' as const, rule: 'customers-work', policyVersion: 'p'.repeat(64), because: 'Work with customers.' }
  const open = openRecordFixture({
    session,
    counter: number,
    at: at(0),
    connection: 'customers-db' as OpenRecord['connection'],
    server: 'customers',
  })
  const messages = statements.flatMap((sql, index): SessionRecord[] => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: index + 1,
      method: 'tools/call',
      params: { name: 'execute_sql', arguments: { sql } },
    })
    const seq = 2 * index + 1
    return [
      messageRecordFixture(seq, { at: at(seq), tool: 'execute_sql', body, decision, masks: [] }),
      messageRecordFixture(seq + 1, { at: at(seq + 1), tool: 'execute_sql', masks: [] }),
    ]
  })
  return [open, ...messages, closeRecordFixture(messages.length + 1, { session, at: at(messages.length + 1) })]
}
