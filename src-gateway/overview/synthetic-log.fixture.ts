import type { Clock } from '../../src-node/clock.ts'
import type { LogEntryDraft, TransparencyLog } from '../../src-node/log-store.ts'
import { approvalId, connectionName, sessionId, type ApprovalId, type SessionId } from '../../src-protocol/ids.ts'

const hash = 'ab'.repeat(32)
const connections = ['ledger', 'archive', 'tickets'].map((name) => connectionName.parse(name))
const endReasons = ['ended-by-operator', 'expired', 'gateway-crash', 'recording-altered', 'ended-by-operator', 'ended-by-operator'] as const
const outcomes = ['approved', 'denied', 'expired', 'void', undefined] as const

/** A clock that goes on by some seconds each time it is looked at: a log of months in a moment. */
export function syntheticClock(start: string, stepMs: number): Clock {
  let now = Date.parse(start)
  return { now: () => new Date((now += stepMs)) }
}

const idOf = (letter: string, number: number) => `${letter}_${String(number).padStart(16, '0')}`

/**
 * Entries of sessions as months of work leave them: held calls with every outcome, votes (now and then about one's own request), crashes, numbers that
 * are missing, recordings that were removed.
 */
function* draftsOf(first: number, sessions: number): Generator<LogEntryDraft> {
  for (let number = first; number < first + sessions; number += 1) {
    // some numbers are left out, and one is given twice
    const counter = number % 997 === 0 ? number - 1 : number + Math.floor(number / 500) * 2
    const session: SessionId = sessionId.parse(idOf('ses', number))
    const person = `person-${number % 37}`
    const connection = connections[number % 3] ?? connectionName.parse('ledger')
    yield { kind: 'session.open', session, counter, person, connection, policyVersion: hash, maskingVersion: hash }
    if (number % 10 === 0) yield* heldCall(approvalId.parse(idOf('apr', number)), session, person, connection, number / 10)
    if (number % 6 === 0) yield { kind: 'identity', act: 'signed-in', person }
    if (number % 50 === 7) continue
    yield { kind: 'session.close', session, count: 3, root: hash, endReason: endReasons[number % endReasons.length] ?? 'expired' }
    if (number % 40 === 0) yield { kind: 'recording.removed', session, count: 3, root: hash, closed: 0, rule: 0, days: 1 }
    if (number % 1000 === 1) yield { kind: 'policy.version', document: 'policy', version: hash, author: person }
  }
}

function* heldCall(
  approval: ApprovalId,
  session: SessionId,
  requester: string,
  connection: string,
  number: number,
): Generator<LogEntryDraft> {
  const digest = hash
  yield {
    kind: 'approval.requested',
    approval,
    digest,
    input: {
      v: 1,
      approval,
      nonce: 'nonce',
      session,
      requester,
      connection: connectionName.parse(connection),
      server: 'server',
      method: 'tools/call',
      tool: 'move-money',
      toolDefinitionHash: hash,
      argumentsHash: hash,
      argumentsBytes: 2,
      policyVersion: hash,
      rule: 'held',
      decideBy: number % 2 ? '2020-01-01T00:00:00.000Z' : '2099-01-01T00:00:00.000Z',
      runWithinSeconds: 60,
      groups: ['reviewers'],
      approvals: 1,
    },
  }
  const voter = number % 113 === 5 ? requester : `reviewer-${number % 5}`
  const outcome = outcomes[number % outcomes.length]
  const decision = outcome === 'denied' ? ('deny' as const) : ('approve' as const)
  if (outcome === 'approved' || outcome === 'denied') {
    const person = { sub: voter, name: voter }
    yield {
      kind: 'approval.vote',
      approval,
      digest,
      vote: { person, decision, reason: '', at: '2026-01-01T00:00:00.000Z', signature: 'x', key: {} },
    }
  }
  if (outcome !== undefined) yield { kind: 'approval.settled', approval, digest, state: outcome }
  if (outcome === 'approved') yield { kind: 'approval.settled', approval, digest, state: 'executed' }
}

/** @param first number of the first session: a log that goes on needs one that was not given */
export async function appendSyntheticSessions(log: Pick<TransparencyLog, 'append'>, first: number, sessions: number): Promise<void> {
  let waiting: Promise<unknown>[] = []
  for (const draft of draftsOf(first, sessions)) {
    waiting.push(log.append(draft))
    if (waiting.length < 5000) continue
    await Promise.all(waiting)
    waiting = []
  }
  await Promise.all(waiting)
}
