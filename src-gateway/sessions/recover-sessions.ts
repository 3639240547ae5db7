import type { Logger } from '../../src-node/logger.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { OpenDraft, UnsealedRecording } from '../../src-node/recording-store.ts'
import type { Seal } from '../../src-node/recording-writer.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { connectionName, sessionId, type SessionId } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { openRecord } from '../../src-protocol/recording.ts'
import { endReason, verdictCounts, type EndReason, type VerdictCounts } from '../../src-protocol/model.ts'
import type { SessionRow } from '../state/schema.ts'
import { sealRecording, type SealPorts } from './seal-session.ts'
import type { SessionStore } from './session-store.ts'

export interface RecoveryPorts extends SealPorts {
  store: SessionStore
  clock: Clock
  gateway: string
  logger: Logger
}

/**
 * Seals what a crash left unsealed. A crash may have come at any step of opening or closing a session:
 *
 * 1. numbered, perhaps not in the log    → it is logged now, then as in 2; twice in the log harms nobody, a gap would
 * 2. in the log, no recording yet        → recorded as opened and closed
 * 3. running                             → the recording is closed where it ends
 * 4. recording closed, root not logged   → the root is logged
 * 5. root logged, index not written      → the index is written; the root stands in the log twice
 */
export async function recoverSessions(ports: RecoveryPorts): Promise<number> {
  const unsealed = new Map((await ports.recordings.recover()).map((recording) => [recording.session as string, recording]))
  const rows = await ports.store.unsealed()
  for (const row of rows) {
    const recording = unsealed.get(row.id)
    unsealed.delete(row.id)
    if (row.logged === 0) await ports.log.append(openEntry(row))
    const { seal, counts } = recording ? await closeRecording(recording, row) : await closeWithoutOpenFile(ports, row)
    await sealRecording(ports, seal.session, seal)
    await ports.store.recovered(row.id, {
      at: row.ended_at ?? timestampOf(ports.clock.now()),
      reason: seal.endReason,
      records: seal.count,
      counts: JSON.stringify(counts),
    })
    ports.logger.warn({ session: row.id, records: seal.count, tornBytes: recording?.tornBytes ?? 0 }, 'session sealed after a crash')
  }
  // a state that was restored from an older copy does not know these; the recordings stay evidence all the same
  for (const { session, writer, counts } of unsealed.values()) {
    await sealRecording(ports, session, await writer.close({ endReason: 'gateway-crash', counts }))
  }
  return rows.length + unsealed.size
}

const openEntry = (row: SessionRow): LogDraft<'session.open'> => ({
  kind: 'session.open',
  session: sessionId.parse(row.id),
  counter: row.counter,
  person: row.person_sub,
  connection: connectionName.parse(row.connection),
  policyVersion: row.policy_version,
  maskingVersion: row.masking_version,
})

type LogDraft<K extends LogEntry['kind']> = Omit<Extract<LogEntry, { kind: K }>, 'v' | 'at'>

interface Recovered {
  seal: Seal & { session: UnsealedRecording['session'] }
  counts: VerdictCounts
}

async function closeRecording(recording: UnsealedRecording, row: SessionRow): Promise<Recovered> {
  const { session, counts, writer } = recording
  return { seal: { ...(await writer.close({ endReason: reasonOf(row), counts })), session }, counts }
}

async function closeWithoutOpenFile(ports: RecoveryPorts, row: SessionRow): Promise<Recovered> {
  const open = openDraft(ports, row)
  const { session } = open
  const seal = await sealIfThere(ports, session)
  if (seal) return { seal: { ...seal, session }, counts: verdictCounts.parse(JSON.parse(row.counts)) }
  const writer = await ports.recordings.create(open)
  const counts = { allowed: 0, masked: 0, held: 0, denied: 0 }
  return { seal: { ...(await writer.close({ endReason: reasonOf(row), counts })), session }, counts }
}

async function sealIfThere({ recordings }: RecoveryPorts, session: SessionId): Promise<Seal | undefined> {
  try {
    return await recordings.sealOf(session)
  } catch (error) {
    if (error instanceof AppError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

/** Why it ended may be known: it ended, and only the recording could not be written. */
const reasonOf = (row: SessionRow): EndReason => (row.end_reason === null ? 'gateway-crash' : endReason.parse(row.end_reason))

function openDraft({ gateway, log }: RecoveryPorts, row: SessionRow): OpenDraft {
  return openRecord.omit({ v: true, seq: true, at: true }).parse({
    kind: 'open',
    session: row.id,
    counter: row.counter,
    gateway,
    logOrigin: log.origin,
    person: JSON.parse(row.person),
    connection: row.connection,
    agent: { id: row.agent_id, name: row.agent_name },
    server: row.server,
    reason: row.reason,
    endsAt: row.ends_at,
    policyVersion: row.policy_version,
    maskingVersion: row.masking_version,
  })
}
