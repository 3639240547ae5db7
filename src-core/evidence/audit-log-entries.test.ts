import { describe, expect, test } from 'vitest'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { connectionName, sessionId } from '../../src-protocol/ids.ts'
import { approvalWith, voteOf, voter } from '../approval/testing/approval-fixture.ts'
import { createLogAudit } from './audit-log-entries.ts'

const at = '2026-11-22T10:00:00.000Z'
const idOf = (counter: number) => sessionId.parse(`ses_${String(counter).padStart(16, '0')}`)
const root = 'ab'.repeat(32)
const opened = (counter: number, session = idOf(counter)): LogEntry => ({
  v: 1,
  at,
  kind: 'session.open',
  session,
  counter,
  person: 'olivia',
  connection: connectionName.parse('db'),
  policyVersion: 'p',
  maskingVersion: 'm',
})
const closed = (counter: number, change: Partial<Extract<LogEntry, { kind: 'session.close' }>> = {}): LogEntry => ({
  v: 1,
  at,
  kind: 'session.close',
  session: idOf(counter),
  count: 2,
  root,
  endReason: 'ended-by-operator',
  ...change,
})

function codesOf(entries: LogEntry[]): string[] {
  const audit = createLogAudit()
  for (const [index, entry] of entries.entries()) audit.add(entry, index)
  return audit.findings().map(({ code, place }) => `${code} at ${place}`)
}

describe('sessions', () => {
  test('a log without gaps has no findings; what a crash logs twice is none either', () => {
    expect(codesOf([opened(1), opened(2), closed(2), closed(1), opened(3), opened(3), closed(3), closed(3)])).toEqual([])
  })
  test.for<[string, LogEntry[], string[]]>([
    ['a number is missing', [opened(1), opened(3)], ['counter-gap at entry 1']],
    ['the first is missing', [opened(2)], ['counter-gap at entry 0']],
    ['a number comes too late', [opened(1), opened(3), opened(2)], ['counter-gap at entry 1', 'counter-gap at entry 2']],
    ['a number is given twice', [opened(1), opened(1, idOf(9))], ['counter-repeated at entry 1']],
    ['an end without a beginning', [closed(1)], ['session-not-opened at entry 0']],
    ['two ends that differ', [opened(1), closed(1), closed(1, { root: 'cd'.repeat(32) })], ['session-closed-twice at entry 2']],
    ['the gateway found it altered', [opened(1), closed(1, { endReason: 'recording-altered' })], ['recording-altered at entry 1']],
  ])('%s', ([, entries, codes]) => {
    expect(codesOf(entries)).toEqual(codes)
  })
})

describe('approvals', () => {
  const approval = approvalWith()
  const { id, digest, digestInput: input } = approval
  const [dana, olivia] = [voter('dana'), voter('olivia')]
  const requested: Extract<LogEntry, { kind: 'approval.requested' }> = { v: 1, at, kind: 'approval.requested', approval: id, digest, input }
  const voted = (by = dana, decision: 'approve' | 'deny' = 'approve'): LogEntry => ({
    v: 1,
    at,
    kind: 'approval.vote',
    approval: id,
    digest,
    vote: voteOf(by, approval, { decision }),
  })
  const settled = (state: 'approved' | 'executed' = 'executed'): Extract<LogEntry, { kind: 'approval.settled' }> => ({
    v: 1,
    at,
    kind: 'approval.settled',
    approval: id,
    digest,
    state,
  })

  test('asked for, approved, executed once', () => {
    expect(codesOf([requested, voted(), settled('approved'), settled()])).toEqual([])
  })

  const forged = voted()
  if (forged.kind === 'approval.vote') forged.vote = { ...forged.vote, reason: 'another reason' }
  test.for<[string, LogEntry[], string[]]>([
    ['nobody approved', [requested, settled()], ['executed-without-approval at entry 1']],
    ['it was denied', [requested, voted(), voted(voter('dora'), 'deny'), settled()], ['executed-without-approval at entry 3']],
    ['it ran twice', [requested, voted(), settled(), settled()], ['executed-twice at entry 3']],
    [
      'the requester approved',
      [requested, voted(olivia), settled()],
      ['vote-of-requester at entry 1', 'executed-without-approval at entry 2'],
    ],
    ['a vote was changed', [requested, forged, settled()], ['vote-signature at entry 1', 'executed-without-approval at entry 2']],
    ['the gateway found it altered', [requested, voted(), { ...settled(), state: 'void', altered: true }], ['approval-altered at entry 2']],
    ['nobody asked', [voted(), settled()], ['approval-unknown at entry 0', 'approval-unknown at entry 1']],
    ['another digest ran', [requested, voted(), { ...settled(), digest: 'cd'.repeat(32) }], ['approval-digest at entry 2']],
    ['what was asked for was changed', [{ ...requested, input: { ...input, tool: 'drop' } }], ['approval-digest at entry 0']],
  ])('%s', ([, entries, codes]) => {
    expect(codesOf(entries)).toEqual(codes)
  })

  test('one person who votes twice is one', () => {
    const two = approvalWith({}, { approvals: 2 })
    const vote = (): LogEntry => ({ v: 1, at, kind: 'approval.vote', approval: two.id, digest: two.digest, vote: voteOf(dana, two) })
    const entries: LogEntry[] = [
      { v: 1, at, kind: 'approval.requested', approval: two.id, digest: two.digest, input: two.digestInput },
      vote(),
      vote(),
      { v: 1, at, kind: 'approval.settled', approval: two.id, digest: two.digest, state: 'executed' },
    ]
    expect(codesOf(entries)).toEqual(['executed-without-approval at entry 3'])
  })
})
