import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { ApprovalDigestInput, Vote } from '../../src-protocol/model.ts'
import { createAccessAudit, type AccessFindingCode } from './audit-access.ts'
import { createDelegationAudit, type DelegationFindingCode } from './audit-delegations.ts'
import { createRetentionAudit, type RetentionFindingCode } from './audit-retention.ts'
import { createBreakGlassAudit, type BreakGlassFindingCode } from './audit-break-glass.ts'
import { createUptimeWatch, type UptimeEvent } from './watch-uptime.ts'
import { approvalDigest } from '../approval/approval-digest.ts'
import { endsRequest, fillByVotes, isFilled } from '../approval/quorum.ts'
import { verifyVoteSignature } from '../approval/vote-signature.ts'

export type FindingCode =
  | AccessFindingCode
  | DelegationFindingCode
  | BreakGlassFindingCode
  | RetentionFindingCode
  | 'log-corrupt'
  | 'log-rolled-back'
  | 'log-forked'
  | 'key-unvouched'
  | 'key-replaced'
  | 'witness-missing'
  | 'entry-unreadable'
  | 'counter-gap'
  | 'counter-repeated'
  | 'session-not-opened'
  | 'session-closed-twice'
  | 'session-open'
  | 'recording-missing'
  | 'recording-kept'
  | 'recording-unlogged'
  | 'recording-unreadable'
  | 'recording-differs'
  | 'recording-altered'
  | 'approval-unknown'
  | 'approval-digest'
  | 'vote-signature'
  | 'vote-of-requester'
  | 'approval-altered'
  | 'executed-without-approval'
  | 'executed-twice'
  | 'call-without-approval'
  | 'gateway-stopped'
  | 'gateway-killed'
  | 'gateway-silent'
  | 'clock-backwards'
  | 'clock-forwards'
  | 'entry-while-stopped'

/** Something that is not as it should be, with its place. `note`: it may have a good reason, such as a session that still runs. */
export interface Finding {
  code: FindingCode
  severity: 'error' | 'note'
  /** `entry 17`, `ses_… record 4` */
  place: string
  sentence: string
}

/** What the log says about one session. */
export interface LoggedSession {
  counter: number | undefined
  open?: { person: string; connection: string }
  checkpoints: { count: number; root: string }[]
  close?: { count: number; root: string; endReason: string; at: string; index: number }
  /** a rule of retention removed its recording */
  removed?: { at: string; index: number }
}

interface LoggedApproval {
  at: string
  input: ApprovalDigestInput
  digest: string
  votes: Vote[]
  executions: number
}

export interface LogAudit {
  add(entry: LogEntry, index: number): void
  /** sessions by their id, as far as the log has been read */
  readonly sessions: ReadonlyMap<string, LoggedSession>
  /** whether this approval was executed, by the log */
  isExecuted(approval: string): boolean
  findings(): Finding[]
}

/**
 * Reads a log from its first entry to its last and says what does not fit: numbers of sessions that are missing, sessions that end without a
 * beginning, approvals whose digest, votes or execution do not follow from one another. Memory grows with the sessions and approvals, not
 * with their records.
 */
export function createLogAudit(): LogAudit {
  const findings: Finding[] = []
  const sessions = new Map<string, LoggedSession>()
  const counters = new Map<number, string>()
  const approvals = new Map<string, LoggedApproval>()
  const uptime = createUptimeWatch()
  const access = createAccessAudit((code, index, sentence) => report(code, index, sentence))
  const retention = createRetentionAudit((code, index, sentence) => report(code, index, sentence), sessions)
  const breakGlass = createBreakGlassAudit((code, index, sentence, severity) => report(code, index, sentence, severity))
  const delegations = createDelegationAudit((code, index, sentence) => report(code, index, sentence))
  let lastCounter = 0
  const report = (code: FindingCode, index: number, sentence: string, severity: Finding['severity'] = 'error') =>
    findings.push({ code, severity, place: `entry ${index}`, sentence })

  function openSession(entry: Extract<LogEntry, { kind: 'session.open' }>, index: number): void {
    const { session, counter, person, connection } = entry
    const before = counters.get(counter)
    if (before === undefined && counter !== lastCounter + 1) {
      const missing = counter - lastCounter - 1
      const sentence =
        missing > 0 ? `${missing} numbers of sessions before ${counter} are missing.` : `The number ${counter} comes too late.`
      report('counter-gap', index, sentence)
    }
    // after a crash a session may be logged as opened twice
    if (before !== undefined && before !== session) report('counter-repeated', index, `The number ${counter} was given to two sessions.`)
    counters.set(counter, session)
    lastCounter = Math.max(lastCounter, counter)
    const known = sessions.get(session)
    const open = { person, connection }
    if (known) {
      known.counter ??= counter
      known.open ??= open
    } else sessions.set(session, { counter, open, checkpoints: [] })
  }

  function sessionOf(id: string, index: number): LoggedSession {
    const known = sessions.get(id)
    if (known) return known
    report('session-not-opened', index, `The session ${id} was never logged as opened.`)
    const unopened: LoggedSession = { counter: undefined, checkpoints: [] }
    sessions.set(id, unopened)
    return unopened
  }

  function closeSession({ session, count, root, endReason, at }: Extract<LogEntry, { kind: 'session.close' }>, index: number): void {
    const logged = sessionOf(session, index)
    const before = logged.close
    // after a crash the same end may be logged twice
    if (before && (before.root !== root || before.count !== count)) {
      report('session-closed-twice', index, `The session ${session} was closed with another root before.`)
    }
    if (endReason === 'recording-altered') {
      report('recording-altered', index, `The gateway found the recording of ${session} altered when it was started again.`)
    }
    logged.close ??= { count, root, endReason, at, index }
  }

  function approvalOf(id: string, digest: string, index: number): LoggedApproval | undefined {
    const known = approvals.get(id)
    if (!known) report('approval-unknown', index, `The approval ${id} was never requested.`)
    else if (known.digest !== digest) report('approval-digest', index, `The approval ${id} was requested with another digest.`)
    return known
  }

  function request({ at, approval, digest, input }: Extract<LogEntry, { kind: 'approval.requested' }>, index: number): void {
    if (approvalDigest(input) !== digest) report('approval-digest', index, `The digest of ${approval} is not the one of what it covers.`)
    approvals.set(approval, { at, input, digest, votes: [], executions: 0 })
  }

  function castVote(entry: Extract<LogEntry, { kind: 'approval.vote' }>, index: number): void {
    const { approval, digest, vote } = entry
    const known = approvalOf(approval, digest, index)
    if (!verifyVoteSignature({ id: approval, digest }, vote)) {
      report('vote-signature', index, `The vote of ${vote.person.sub} on ${approval} is not signed by its key.`)
      return
    }
    if (known?.input.requester === vote.person.sub)
      report('vote-of-requester', index, `${vote.person.sub} voted on an own request, ${approval}.`)
    if (known) delegations.vote(entry, { at: known.at, requester: known.input.requester }, index)
    known?.votes.push(vote)
  }

  function settle({ at, approval, digest, state, altered }: Extract<LogEntry, { kind: 'approval.settled' }>, index: number): void {
    if (altered) report('approval-altered', index, `The gateway found ${approval} altered in its database, and did not run its call.`)
    const known = approvalOf(approval, digest, index)
    if (!known || state !== 'executed') return
    known.executions += 1
    if (known.executions > 1) report('executed-twice', index, `The approval ${approval} was used twice.`)
    const denied = known.votes.some((vote) => endsRequest(known.input, vote))
    const needs = fillByVotes(known.input, known.votes)
    if (denied || (!isFilled(needs) && !breakGlass.allowed(approval, at))) {
      const given = needs.reduce((sum, need) => sum + need.given, 0)
      const why = denied ? 'was denied' : `has ${given} of ${known.input.approvals} approvals in the log`
      report('executed-without-approval', index, `The call of ${approval} was executed, and ${why}.`)
    }
  }

  return {
    sessions,
    isExecuted: (approval) => (approvals.get(approval)?.executions ?? 0) > 0,
    add(entry, index) {
      uptime.add(entry, index)
      access.add(entry, index)
      delegations.add(entry, index)
      breakGlass.add(entry, index, (approval) => approvals.get(approval))
      retention.add(entry, index)
      switch (entry.kind) {
        case 'session.open':
          return openSession(entry, index)
        case 'session.checkpoint':
          sessionOf(entry.session, index).checkpoints.push({ count: entry.count, root: entry.root })
          return
        case 'session.close':
          return closeSession(entry, index)
        case 'recording.removed':
          sessionOf(entry.session, index).removed ??= { at: entry.at, index }
          return
        case 'approval.requested':
          return request(entry, index)
        case 'approval.vote':
          return castVote(entry, index)
        case 'approval.settled':
          return settle(entry, index)
        default:
      }
    },
    findings() {
      access.finish()
      breakGlass.finish()
      return [...findings, ...uptime.events.map(findingOf)]
    },
  }
}

/** That a gateway is stopped, or loses its power, is no fault of the evidence; that something is written meanwhile is. */
const findingOf = ({ what, index, sentence }: UptimeEvent): Finding => ({
  code: uptimeFindings[what],
  severity: what === 'wrote-while-stopped' ? 'error' : 'note',
  place: `entry ${index}`,
  sentence,
})

const uptimeFindings = {
  stopped: 'gateway-stopped',
  killed: 'gateway-killed',
  silent: 'gateway-silent',
  'clock-backwards': 'clock-backwards',
  'clock-forwards': 'clock-forwards',
  'wrote-while-stopped': 'entry-while-stopped',
} as const
