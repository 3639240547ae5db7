import { createVerdictCounter, type VerdictCounter } from '../../src-core/recording/verdict-counter.ts'
import type { RecordingWriter } from '../../src-node/recording-writer.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { Call } from '../../src-protocol/model.ts'
import { CallList } from '../exchange/call-list.ts'
import { ToolDefinitions } from '../exchange/tool-definitions.ts'
import type { LiveSession } from './live-session.ts'
import type { RecordedSession } from './recorded-session.ts'
import { createSessionLink } from './session-link.ts'

export interface LiveSessionPorts {
  scheduler: Scheduler
  onCallChanged(session: LiveSession, call: Call): void
}

/** What a session is by its opening. */
export type SessionDraft = Pick<
  LiveSession,
  | 'id'
  | 'counter'
  | 'person'
  | 'signInId'
  | 'connection'
  | 'groups'
  | 'server'
  | 'dialect'
  | 'agent'
  | 'reason'
  | 'startedAt'
  | 'endsAt'
  | 'endsAtMs'
  | 'access'
  | 'policyVersion'
  | 'maskingVersion'
  | 'salt'
>

/** @param before what its recording says of an earlier run of the gateway */
export function createLiveSession(
  ports: LiveSessionPorts,
  draft: SessionDraft,
  recording: RecordingWriter,
  before?: { recorded: RecordedSession; verdicts: VerdictCounter },
): LiveSession {
  const verdicts = before?.verdicts ?? createVerdictCounter()
  const calls = new CallList((call) => ports.onCallChanged(session, call))
  const session: LiveSession = {
    ...draft,
    link: createSessionLink({ session: draft.id, agentName: draft.agent.name, scheduler: ports.scheduler }),
    started: before !== undefined,
    recording,
    verdicts,
    calls,
    tools: before?.recorded.tools ?? new ToolDefinitions(),
    exchanges: new Set(),
    serverRequests: new Map(),
    lastExchange: before?.recorded.lastExchange ?? 0,
    ...(before?.recorded.client !== undefined && { client: before.recorded.client }),
    record(record, body) {
      verdicts.add(record)
      const durable = recording.append(record, body)
      session.watched?.recorded(durable)
      return durable
    },
  }
  return session
}
