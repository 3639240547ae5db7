import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { UnsealedRecording } from '../../src-node/recording-store.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { connectionName, sessionId, type AccessGrantId } from '../../src-protocol/ids.ts'
import { person as personSchema, type Connection, type EndReason, type Person } from '../../src-protocol/model.ts'
import type { ResumeRecord } from '../../src-protocol/recording.ts'
import type { Access } from '../access/access.ts'
import { mayUseConnection } from '../connections/connection-registry.ts'
import type { SessionRow } from '../state/schema.ts'
import { createLiveSession, type LiveSessionPorts } from './create-live-session.ts'
import type { LiveSession } from './live-session.ts'
import { expiryOf } from './session-expiry.ts'
import type { RecordedSession, UnansweredCall } from './recorded-session.ts'

/** A session that was running when the gateway ended, and whose recording is as the log knows it. */
export interface InterruptedSession {
  row: SessionRow & { sign_in: string; salt: string }
  recording: UnsealedRecording
  recorded: RecordedSession
  cause: ResumeRecord['cause']
}

export interface SessionResumingPorts extends LiveSessionPorts {
  findConnection(name: string): Promise<Connection | undefined>
  personNow(sub: string): Person | undefined
  signInStands(signInId: string): boolean
  access: Pick<Access, 'admit' | 'mayGoOn' | 'grant'>
  clock: Clock
}

/**
 * Goes on with a session: what it knew by heart comes back from its recording, and what was under way is recorded as unanswered before
 * anything else. `over`: meanwhile it has lost its ground.
 */
export async function resumeSession(
  ports: SessionResumingPorts,
  { row, recording, recorded, cause }: InterruptedSession,
): Promise<{ session: LiveSession; over?: EndReason }> {
  const connection = await ports.findConnection(row.connection)
  const person = ports.personNow(row.person_sub) ?? personSchema.parse(JSON.parse(row.person))
  const draft = {
    id: sessionId.parse(row.id),
    counter: row.counter,
    person,
    signInId: row.sign_in,
    connection: connectionName.parse(row.connection),
    groups: connection?.groups ?? [],
    server: row.server,
    dialect: recording.open.dialect,
    agent: { id: row.agent_id, name: row.agent_name },
    reason: row.reason,
    startedAt: row.started_at,
    endsAt: row.ends_at,
    endsAtMs: Date.parse(row.ends_at),
    access: accessOf(ports, recording.open.grant),
    policyVersion: row.policy_version,
    maskingVersion: row.masking_version,
    salt: Buffer.from(row.salt, 'hex'),
  }
  const session = createLiveSession(ports, draft, recording.writer, { recorded, verdicts: recording.verdicts })
  const unanswered = recorded.unanswered()
  const { count: records, tornBytes } = recording
  await Promise.all([
    session.record({ kind: 'resume', cause, records, tornBytes, unanswered: unanswered.length }),
    ...unanswered.map((call) => session.record(errorRecordOf(call))),
  ])
  session.calls.restore(endedCalls(recorded, unanswered, ports.clock))
  const over = groundLost(ports, session, connection)
  return { session, ...(over && { over }) }
}

/** Of a grant that the log no longer tells of nothing is left. */
const accessOf = (ports: SessionResumingPorts, grant: AccessGrantId | undefined) =>
  grant && { grant, endsAtMs: Date.parse(ports.access.grant(grant)?.endsAt ?? '') || 0 }

const outcomeOf = ({ held }: UnansweredCall): AppError =>
  held === undefined ? new AppError('OUTCOME_UNKNOWN') : new AppError('APPROVAL_PENDING', { approval: held })

function errorRecordOf(call: UnansweredCall) {
  const { exchange, method, tool } = call
  const { code, message } = outcomeOf(call)
  return { kind: 'error' as const, exchange, code, message, method, ...(tool !== undefined && { tool }) }
}

/** The rows of the live list: nothing runs any more. */
function endedCalls(recorded: RecordedSession, unanswered: UnansweredCall[], clock: Clock) {
  for (const call of unanswered) recorded.add({ v: 1, seq: 0, at: timestampOf(clock.now()), ...errorRecordOf(call) })
  return recorded.calls()
}

function groundLost(ports: SessionResumingPorts, session: LiveSession, connection: Connection | undefined): EndReason | undefined {
  const { person, agent, server, access } = session
  if (session.endsAtMs <= ports.clock.now().getTime()) return expiryOf(session).reason
  if (!ports.signInStands(session.signInId)) return 'signed-out'
  const same = connection !== undefined && !connection.altered && connection.agent.id === agent.id && connection.server === server
  if (!same || !person.roles.includes('operator') || !mayUseConnection(person, connection)) return 'ended-by-administrator'
  if (!ports.access.mayGoOn({ grant: access?.grant, connection: session.connection, person })) return 'access-ended'
  return undefined
}
