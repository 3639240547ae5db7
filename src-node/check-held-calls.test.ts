/** Every executed gated call joins exactly one approval: what `gatehouse log check` says of recordings and log together. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { settleApproval } from '../src-core/approval/approval-state.ts'
import { after, approvalWith, loggedOf, voteOf, voter } from '../src-core/approval/testing/approval-fixture.ts'
import { parseVerifierKey } from '../src-core/log/signed-note.ts'
import { messageRecordFixture, openRecordFixture } from '../src-core/recording/sealed-recording.fixture.ts'
import type { LogEntry } from '../src-protocol/log-entry.ts'
import type { RecordDraft } from '../src-protocol/recording.ts'
import { checkStore } from './check-store.ts'
import { systemClock } from './clock.ts'
import { openLog } from './log-store.ts'
import { openRecordingStore } from './recording-store.ts'

const pending = approvalWith()
const approval = settleApproval({ ...pending, votes: [voteOf(voter('dora'), pending)] }, after(60))
const executed: LogEntry = {
  v: 1,
  at: after(70).toISOString(),
  kind: 'approval.settled',
  approval: approval.id,
  digest: approval.digest,
  state: 'executed',
}
const approved = loggedOf(approval)

const message = (seq: number, changed: object): RecordDraft => {
  const { v: _v, seq: _seq, at: _at, ...draft } = messageRecordFixture(seq)
  return { ...draft, exchange: 1, ...changed }
}
const decision = { effect: 'review', rule: 'schema-change', policyVersion: approval.policyVersion, because: 'It needs a DBA.' }
const held = message(1, { kind: 'request', direction: 'client', decision })
const answered = message(2, { kind: 'response', direction: 'server' })
const told = (event: string): RecordDraft =>
  ({ kind: 'approval', exchange: 1, approval: approval.id, event, digest: approval.digest }) as RecordDraft

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'held-calls-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test.for<[string, readonly LogEntry[], RecordDraft[], string[]]>([
  ['approved and executed', [...approved, executed], [held, told('executed'), answered], []],
  ['refused by the gateway itself', [], [held, message(2, { kind: 'response', direction: 'server', own: true })], []],
  ['denied, in a recording of before', [], [held, told('denied'), answered], []],
  ['answered, and nobody was asked', [], [held, answered], ['call-without-approval']],
  ['executed by the recording alone', approved, [held, told('executed'), answered], ['call-without-approval']],
  ['executed, and nobody approved', [...approved.slice(0, 1), executed], [held, told('executed'), answered], ['executed-without-approval']],
  ['executed twice', [...approved, executed, executed], [held, told('executed'), answered], ['executed-twice']],
])('a held call, %s', async ([, entries, records, codes]) => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const log = await openLog({ folder: join(folder, 'log'), origin: 'gate.example/log', privateKey, clock: systemClock })
  const recordings = await openRecordingStore({ folder: join(folder, 'recordings'), clock: systemClock })
  const open = openRecordFixture({ counter: 1 })
  const { session, connection, policyVersion, maskingVersion } = open
  await log.append({ kind: 'session.open', session, counter: 1, person: open.person.sub, connection, policyVersion, maskingVersion })
  for (const { v: _v, at: _at, ...entry } of entries) await log.append(entry)
  const writer = await recordings.create(open)
  for (const draft of records) await writer.append(draft)
  const counts = { allowed: 0, masked: 0, held: 1, denied: 0 }
  const { count, root, endReason } = await writer.close({ endReason: 'ended-by-operator', counts })
  await log.append({ kind: 'session.close', session, count, root, endReason })
  await recordings.close()
  await log.close()

  const key = parseVerifierKey(log.verifierKey)
  if (!key.ok) throw new Error(key.problem)
  const { findings } = await checkStore({ log: join(folder, 'log'), recordings: join(folder, 'recordings') }, key.key)
  expect(findings.map(({ code }) => code)).toEqual(codes)
})
