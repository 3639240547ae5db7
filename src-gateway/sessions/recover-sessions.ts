import type { Logger } from '../../src-node/logger.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { OpenDraft, UnsealedRecording } from '../../src-node/recording-store.ts'
import type { RecordedSoFar, Seal } from '../../src-node/recording-writer.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { connectionName, sessionId, type SessionId } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { openRecord } from '../../src-protocol/recording.ts'
import { endReason, verdictCounts, type EndReason, type VerdictCounts } from '../../src-protocol/model.ts'
import type { SessionRow } from '../state/schema.ts'
import { readLoggedCheckpoints } from './logged-checkpoints.ts'
import { createRecordedSession, type RecordedSession } from './recorded-session.ts'
import type { InterruptedSession } from './resume-session.ts'
import { sealRecording, type SealPorts } from './seal-session.ts'
import type { SessionStore } from './session-store.ts'

export interface RecoveryPorts extends SealPorts {
  store: SessionStore
  /** Goes on with a session. Without it all of them are sealed. */
  resume?: (interrupted: InterruptedSession) => Promise<void>
  clock: Clock
  gateway: string
  logger: Logger
}

/**
 * Goes on with the sessions that ran when the gateway ended, and seals what cannot go on. The end may have come at any step of opening or
 * closing a session:
 *
 * 1. numbered, perhaps not in the log    → it is logged now, then as in 2; twice in the log harms nobody, a gap would
 * 2. in the log, no recording yet        → recorded as opened and closed
 * 3. recorded, its server not started    → the recording is closed where it ends
 * 4. running                             → it goes on
 * 5. recording closed, root not logged   → the root is logged
 * 6. root logged, index not written      → the index is written; the root stands in the log twice
 *
 * A recording that is not the one whose roots are in the log is sealed as it is, whatever state its session was in.
 */
export async function recoverSessions(ports: RecoveryPorts): Promise<{ sealed: number; resumed: number }> {
  const rows = await ports.store.unsealed()
  const opened = rows.filter(({ logged }) => logged === 1).map(({ id }) => id)
  const checkpoints = await readLoggedCheckpoints(ports.log, [...opened, ...(await ports.recordings.unsealed())])
  const recorded = new Map<string, RecordedSession>()
  const recovered = await ports.recordings.recover((session) => {
    const own = createRecordedSession(session)
    recorded.set(session, own)
    return { checkpoints: checkpoints.get(session) ?? [], onRecord: (record) => own.add(record) }
  })
  const unsealed = new Map(recovered.map((recording) => [recording.session as string, recording]))
  const goOn: InterruptedSession[] = []
  const over: SessionRow[] = []
  for (const row of rows) {
    const recording = unsealed.get(row.id)
    const interrupted = recording && interruptedSession(row, recording, recorded.get(row.id))
    recorded.delete(row.id)
    if (interrupted && ports.resume) {
      unsealed.delete(row.id)
      goOn.push(interrupted)
      continue
    }
    // one after the other: the log knows sessions in the order of their numbers
    if (row.logged === 0) await ports.log.append(openEntry(row))
    over.push(row)
  }
  await eachAtOnce(goOn, recoveryWidth, async (interrupted) => ports.resume?.(interrupted))
  await eachAtOnce(over, recoveryWidth, async (row) => {
    const recording = unsealed.get(row.id)
    unsealed.delete(row.id)
    await sealSession(ports, row, recording, checkpoints.get(row.id) ?? [])
  })
  // a state that was restored from an older copy does not know these; the recordings stay evidence all the same
  for (const recording of unsealed.values()) {
    const { session, writer } = recording
    await sealRecording(ports, session, await writer.close(endOf(recording, 'gateway-crash')))
  }
  return { sealed: rows.length - goOn.length + unsealed.size, resumed: goOn.length }
}

/** sessions that go on, or are sealed, at the same time: what they log shares the commits of the log */
const recoveryWidth = 16

/** After a failure nothing more is begun; it is told once what was under way is over. */
async function eachAtOnce<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await work(item).catch((error: unknown) => {
        queue.length = 0
        throw error
      })
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: width }, worker))
  const failed = workers.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

/** Only what ran: a session that had ended, or that had not begun, has nobody who waits for it. */
function interruptedSession(
  row: SessionRow,
  recording: UnsealedRecording,
  recorded: RecordedSession | undefined,
): InterruptedSession | undefined {
  const { sign_in, salt } = row
  if (row.logged === 0 || row.started === 0 || row.ended_at !== null || row.end_reason !== null || recording.seal || recording.altered)
    return undefined
  if (recorded === undefined || sign_in === null || salt === null) return undefined
  return { row: { ...row, sign_in, salt }, recording, recorded, cause: stopReasonOf(row) }
}

async function sealSession(
  ports: RecoveryPorts,
  row: SessionRow,
  recording: UnsealedRecording | undefined,
  checkpoints: readonly RecordedSoFar[],
): Promise<void> {
  const { seal, counts } = recording ? await closeRecording(recording, row) : await closeWithoutOpenFile(ports, row, checkpoints)
  await sealRecording(ports, seal.session, seal)
  await ports.store.recovered(row.id, {
    at: row.ended_at ?? timestampOf(ports.clock.now()),
    reason: seal.endReason,
    records: seal.count,
    counts: JSON.stringify(counts),
  })
  const facts = { session: row.id, records: seal.count, tornBytes: recording?.tornBytes ?? 0, endReason: seal.endReason }
  if (seal.endReason === 'recording-altered') ports.logger.error({ ...facts, ...recording?.altered }, 'a recording was altered')
  else ports.logger.warn(facts, 'session of an earlier run sealed')
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
  return { seal: { ...(await writer.close(endOf(recording, reasonOf(row)))), session }, counts }
}

/** That somebody changed it says more than why the session ended. */
const endOf = ({ counts, altered }: UnsealedRecording, endReason: EndReason) =>
  altered ? { endReason: 'recording-altered' as const, altered, counts } : { endReason, counts }

async function closeWithoutOpenFile(ports: RecoveryPorts, row: SessionRow, checkpoints: readonly RecordedSoFar[]): Promise<Recovered> {
  const open = openDraft(ports, row)
  const { session } = open
  const seal = await sealIfThere(ports, session, checkpoints)
  if (seal) return { seal: { ...seal, session }, counts: verdictCounts.parse(JSON.parse(row.counts)) }
  const writer = await ports.recordings.create(open)
  const counts = { allowed: 0, masked: 0, held: 0, denied: 0 }
  const logged = Math.max(0, ...checkpoints.map(({ count }) => count))
  const gone = { endReason: 'recording-altered' as const, altered: { intact: 0, logged, found: 0 } }
  const end = logged > 0 ? gone : { endReason: reasonOf(row) }
  return { seal: { ...(await writer.close({ ...end, counts })), session }, counts }
}

async function sealIfThere(
  { recordings }: RecoveryPorts,
  session: SessionId,
  checkpoints: readonly RecordedSoFar[],
): Promise<Seal | undefined> {
  try {
    return await recordings.sealOf(session, checkpoints)
  } catch (error) {
    if (error instanceof AppError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

/** Why it ended may be known: it ended, and only the recording could not be written. */
const reasonOf = (row: SessionRow): EndReason => (row.end_reason === null ? stopReasonOf(row) : endReason.parse(row.end_reason))

const stopReasonOf = ({ stopped }: SessionRow): InterruptedSession['cause'] => (stopped === 1 ? 'gateway-stopped' : 'gateway-crash')

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
