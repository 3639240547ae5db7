import type { RecordingWriter } from '../../src-node/recording-writer.ts'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { AccessGrantId, ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import type { RecordDraft } from '../../src-protocol/recording.ts'
import type { VerdictCounter } from '../../src-core/recording/verdict-counter.ts'
import type { EndReason, Person, Session, SqlDialect, Watcher } from '../../src-protocol/model.ts'
import type { CallList } from '../exchange/call-list.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { ToolDefinitions } from '../exchange/tool-definitions.ts'
import type { SessionLink } from './session-link.ts'

/** A session that runs: everything the hot path needs is at hand, so that no message waits for the database. */
export interface LiveSession {
  readonly id: SessionId
  readonly counter: number
  /** with the groups that the identity provider named last */
  person: Person
  /** the sign-in that opened it: no other one may use it, not even of the same person */
  readonly signInId: string
  readonly connection: ConnectionName
  /** of the connection: a person who leaves them loses the session */
  readonly groups: readonly string[]
  readonly server: string
  /** of the connection when the session was opened; it stays as its recording says */
  readonly dialect: SqlDialect | undefined
  readonly agent: { id: string; name: string }
  readonly link: SessionLink
  /** its server was started, so an agent that does not name it has lost it */
  started: boolean
  readonly reason: string
  readonly startedAt: string
  readonly endsAt: string
  readonly endsAtMs: number
  /** the access that it began under, and when that ends: absent where no rule guards the connection */
  readonly access: { grant: AccessGrantId; endsAtMs: number } | undefined
  readonly policyVersion: string
  readonly maskingVersion: string
  /** keys the hashes of arguments; it is erased when the session ends, so that they cannot be guessed afterwards */
  readonly salt: Uint8Array
  readonly recording: RecordingWriter
  readonly calls: CallList
  readonly tools: ToolDefinitions
  readonly verdicts: VerdictCounter
  readonly exchanges: Set<Exchange>
  /** requests of the server that were let through and wait for the client's response → their method */
  readonly serverRequests: Map<string, string>
  /**
   * Appends to the recording and to the sums; resolves with the record's number once it is durable. `body`: see `RecordingWriter.append`.
   */
  record(draft: RecordDraft, body?: Uint8Array): Promise<number>
  /** who watches it now, and where they are told that a record is durable: absent while nobody does, so that it costs nothing */
  watched?: { watchers: Watcher[]; recorded: (durable: Promise<number>) => void }
  lastExchange: number
  /** `clientInfo` of initialize */
  client?: string
  /** the same for each MCP session, by its id */
  clients?: Map<string, string>
  /** set first of all when it ends: from then on no message goes on in either direction */
  ended?: {
    reason: EndReason
    at: string
    error: AppError
    /** somebody else than its operator, and why */
    by?: { sub: string; name: string; reason: string }
    /** it ended for this process only: the next one goes on with it */
    resumable?: true
  }
  /** resolves once the session is sealed, or could not be */
  sealed?: Promise<void>
}

export function toSession(live: LiveSession): Session {
  const over = live.ended?.resumable ? undefined : live.ended
  return {
    id: live.id,
    connection: live.connection,
    person: live.person,
    reason: live.reason,
    startedAt: live.startedAt,
    endsAt: live.endsAt,
    ...(over && { endedAt: over.at, endReason: over.reason }),
    ...(over?.by && { endedBy: { name: over.by.name, reason: over.by.reason } }),
    ...(live.watched && !over && { watchers: live.watched.watchers }),
    state: over ? 'ended' : 'live',
    ...(live.client !== undefined && { client: live.client }),
    policyVersion: live.policyVersion,
    maskingVersion: live.maskingVersion,
    records: live.recording.count,
    counts: live.verdicts.counts(),
  }
}
