import { expect, test } from 'vitest'
import { createVerdictCounter } from '../../src-core/recording/verdict-counter.ts'
import { fixtureSession, messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import type { UnsealedRecording } from '../../src-node/recording-store.ts'
import { connection as connectionSchema, type Connection, type Person } from '../../src-protocol/model.ts'
import type { RecordDraft } from '../../src-protocol/recording.ts'
import { createRecordedSession } from './recorded-session.ts'
import { resumeSession, type InterruptedSession, type SessionResumingPorts } from './resume-session.ts'

const mira: Person = { sub: 'u-1', name: 'Mira', groups: ['support'], roles: ['operator'] }
const agent = { id: 'agt_abcdefghij012345', name: 'dc-1', online: false }
const orders: Connection = connectionSchema.parse({
  name: 'orders-db',
  title: 'Orders',
  agent,
  server: 'postgres',
  groups: ['support'],
  maxMinutes: 60,
  createdAt: '2026-11-19T14:00:00.000Z',
})

interface Meanwhile {
  now?: string
  person?: Person
  connection?: Connection | null
  signedOut?: boolean
  mayGoOn?: boolean
}

async function resumed(meanwhile: Meanwhile = {}) {
  const { now = '2026-11-19T14:30:00.000Z', person = mira, connection = orders, signedOut = false, mayGoOn = true } = meanwhile
  const records: RecordDraft[] = []
  const recorded = createRecordedSession(fixtureSession)
  for (const record of [openRecordFixture(), messageRecordFixture(1), messageRecordFixture(2), messageRecordFixture(3)])
    recorded.add(record)
  const row = {
    id: fixtureSession,
    counter: 7,
    connection: 'orders-db',
    agent_id: agent.id,
    agent_name: agent.name,
    server: 'postgres',
    person_sub: 'u-1',
    person: JSON.stringify(mira),
    reason: 'Refund 88121 is stuck',
    client: null,
    records: 0,
    counts: '{}',
    started_at: '2026-11-19T14:02:00.000Z',
    ends_at: '2026-11-19T15:02:00.000Z',
    ended_at: null,
    end_reason: null,
    ended_by: null,
    policy_version: 'p',
    masking_version: 'm',
    logged: 1,
    sealed: 0,
    started: 1,
    stopped: 0,
    sign_in: 'sign-in',
    salt: '0102',
  } as InterruptedSession['row']
  const writer = { append: async (draft: RecordDraft) => records.push(draft) - 1 }
  const open = openRecordFixture({ dialect: 'sqlite' })
  const recording = { open, count: 4, tornBytes: 9, verdicts: createVerdictCounter(), writer } as unknown as UnsealedRecording
  const ports: SessionResumingPorts = {
    findConnection: () => Promise.resolve(connection ?? undefined),
    personNow: () => person,
    signInStands: () => !signedOut,
    access: { admit: () => ({ ok: true }), mayGoOn: () => mayGoOn, grant: () => undefined },
    onCallChanged() {},
    scheduler: createManualScheduler(),
    clock: { now: () => new Date(now) },
  }
  return { ...(await resumeSession(ports, { row, recording, recorded, cause: 'gateway-crash' })), records }
}

test('it is what it was, and the recording says that it goes on, and what got no answer', async () => {
  const { session, over, records } = await resumed()
  expect(over).toBeUndefined()
  expect(session).toMatchObject({ counter: 7, signInId: 'sign-in', agent: { name: 'dc-1' }, lastExchange: 2, started: true, person: mira })
  // as it was opened, whatever the connection says by now
  expect(session.dialect).toBe('sqlite')
  expect(Buffer.from(session.salt).toString('hex')).toBe('0102')
  expect(records).toMatchObject([
    { kind: 'resume', cause: 'gateway-crash', records: 4, tornBytes: 9, unanswered: 1 },
    { kind: 'error', exchange: 2, code: 'OUTCOME_UNKNOWN', method: 'tools/call', tool: 'execute_sql' },
  ])
  expect(session.calls.list()).toMatchObject([
    { seq: 1, state: 'done', verdict: 'allowed' },
    { seq: 3, state: 'done', verdict: 'failed', because: 'The gateway stopped while the call was under way.' },
  ])
})

test.for([
  ['its time is over', { now: '2026-11-19T15:02:00.000Z' }, 'expired'],
  ['its person has signed out', { signedOut: true }, 'signed-out'],
  ['its connection is gone', { connection: null }, 'ended-by-administrator'],
  ['its connection leads to another server', { connection: { ...orders, server: 'mysql' } }, 'ended-by-administrator'],
  ['its person has left the groups', { person: { ...mira, groups: [] } }, 'ended-by-administrator'],
  ['its person is no operator any more', { person: { ...mira, roles: [] } }, 'ended-by-administrator'],
  ['its access has ended', { mayGoOn: false }, 'access-ended'],
] as const)('it is over if meanwhile %s', async ([, meanwhile, reason]) => {
  const { over, records } = await resumed(meanwhile as Meanwhile)
  expect(over).toBe(reason)
  // what was under way is recorded all the same
  expect(records).toHaveLength(2)
})
