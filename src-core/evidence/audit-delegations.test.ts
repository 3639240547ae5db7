import { expect, test } from 'vitest'
import type { DelegationInput } from '../../src-protocol/delegation.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Vote } from '../../src-protocol/model.ts'
import { after, approvalWith, start, voter, voteRequestOf } from '../approval/testing/approval-fixture.ts'
import { delegationFrom, givenEntry } from '../approval/testing/delegation-fixture.ts'
import { accessLineOf } from './access-rows.ts'
import { createLogAudit } from './audit-log-entries.ts'

const dora = voter('dora')
const dirk = voter('dirk', ['security'])
const approval = approvalWith()
const input = delegationFrom(dora, dirk)
const given = givenEntry(dora, dirk, input)
const requested = {
  v: 1,
  at: start.toISOString(),
  kind: 'approval.requested',
  approval: approval.id,
  digest: approval.digest,
  input: approval.digestInput,
} as const
const onBehalfOf = { sub: 'dora', delegation: input.delegation }
const { decision, reason, at, signature, key } = voteRequestOf(dirk, approval, { onBehalfOf })
const vote: Vote = {
  person: { sub: 'dirk', name: 'dirk' },
  onBehalfOf: { ...onBehalfOf, name: 'dora' },
  groups: ['dba'],
  decision,
  reason,
  at,
  signature,
  key,
}
const cast = { ...requested, at: after(120).toISOString(), kind: 'approval.vote', vote } as const
const ended = (seconds: number): LogEntry => ({
  v: 1,
  at: after(seconds).toISOString(),
  kind: 'delegation.ended',
  delegation: input.delegation,
  delegator: 'dora',
  delegate: 'dirk',
  reason: 'taken-back',
})

const found = (...entries: readonly object[]): string[] => {
  const audit = createLogAudit()
  entries.forEach((entry, index) => audit.add(entry as LogEntry, index))
  return audit.findings().map(({ code, place }) => `${place} ${code}`)
}
const changed = (values: Partial<DelegationInput>) => givenEntry(dora, dirk, { ...input, ...values })

test('a vote in somebody’s place follows from what stands before it, or is found', () => {
  expect(found(given, requested, cast)).toEqual([])
  expect(found(given, requested, cast, ended(180))).toEqual([])
  const wrong = 'entry 2 vote-without-delegation'
  expect(found(requested, cast)).toEqual(['entry 1 vote-without-delegation'])
  expect(found(requested, { ...given, at: after(30).toISOString() }, cast)).toEqual([wrong])
  expect(found(changed({ groups: ['lead'] }), requested, cast)).toEqual([wrong])
  expect(found(changed({ until: after(30).toISOString() }), requested, cast)).toEqual([wrong])
  expect(found(given, ended(-10), requested, cast)).toEqual(['entry 3 vote-without-delegation'])
  const other = givenEntry(dora, voter('lena'), { ...input, delegate: 'lena' })
  expect(found(other, requested, cast)).toEqual([wrong])
})

test('nobody is named without a signature, twice, or for longer than is possible', () => {
  expect(found(given)).toEqual([])
  expect(found({ ...given, delegate: { sub: 'eve', name: 'Eve' } })).toEqual(['entry 0 delegation-signature'])
  expect(found({ ...given, input: { ...input, groups: ['root'] } })).toEqual(['entry 0 delegation-signature'])
  expect(found(given, given)).toEqual(['entry 1 delegation-unknown'])
  expect(found(changed({ until: after(31 * 86_400).toISOString() }))).toEqual(['entry 0 delegation-unknown'])
  expect(found(ended(0))).toEqual(['entry 0 delegation-unknown'])
})

test('an auditor’s table says who was named by whom', () => {
  expect(accessLineOf(given)).toMatchObject({ act: 'delegation.given', person: 'dirk', by: 'dora', about: expect.stringContaining('dba') })
  expect(accessLineOf(ended(0))).toMatchObject({ act: 'delegation.ended', about: `${input.delegation}, taken-back` })
})
