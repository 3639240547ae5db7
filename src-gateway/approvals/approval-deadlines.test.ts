/** Approvals against a real log and database, with a clock that somebody sets. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { voteRequestOf, voter } from '../../src-core/approval/testing/approval-fixture.ts'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { Approval } from '../../src-protocol/model.ts'
import { openState, type State } from '../state/state-database.ts'
import type { Approvals, HeldCall } from './approvals.ts'
import { wholeGlass } from '../break-glass/whole-glass.fixture.ts'
import { createApprovals } from './create-approvals.ts'

const start = Date.parse('2026-11-22T10:00:00.000Z')
const dora = voter('dora')
const signedIn = { person: dora.person, signInId: 'sign-in', keyThumbprint: dora.thumbprint, expiresAt: new Date(start + 3_600_000) }

let folder: string
let state: State
let log: TransparencyLog
let approvals: Approvals
/** what the clock on the wall says, and how long it has really been */
let wall: number
let timers: { at: number; run: () => void }[]
let elapsed: number

const clock = { now: () => new Date(wall) }
const scheduler: Scheduler = {
  after(milliseconds, run) {
    const timer = { at: elapsed + milliseconds, run }
    timers.push(timer)
    return () => void (timers = timers.filter((other) => other !== timer))
  },
}

/** Time passes, whatever the clock says of it. */
function pass(milliseconds: number): void {
  elapsed += milliseconds
  wall += milliseconds
  const due = timers.filter(({ at }) => at <= elapsed)
  timers = timers.filter(({ at }) => at > elapsed)
  for (const { run } of due) run()
}

const call = {
  session: {
    id: 'ses_AAAAAAAAAAAAAAAA',
    person: { sub: 'mira', name: 'Mira', groups: [], roles: ['operator'] },
    connection: 'db',
    server: 'db',
    reason: 'a test',
    salt: Buffer.alloc(32),
  },
  method: 'tools/call',
  tool: 'execute_sql',
  definition: { hash: 'h' },
  argumentBytes: Buffer.from('{}'),
  argumentsText: '{}',
  argumentsMasks: [],
  before: [],
  decision: {
    effect: 'review',
    rule: 'r',
    because: 'b',
    policyVersion: 'p',
    review: { groups: ['dba'], approvals: 1, decideWithinSeconds: 900, runWithinSeconds: 300, reasonRequired: false },
  },
} as unknown as HeldCall

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'approval-deadlines-'))
  wall = start
  elapsed = 0
  timers = []
  state = await openState(folder)
  const { privateKey } = generateKeyPairSync('ed25519')
  log = await openLog({ folder: join(folder, 'log'), origin: 'gate.example/log', privateKey, clock })
  approvals = createApprovals({
    database: state.database,
    log,
    clock,
    scheduler,
    logger: pino({ level: 'silent' }),
    policyVersion: () => 'p',
    personNow: (sub) => (sub === 'dora' ? dora.person : undefined),
    membership: { since: () => ({}) },
    delegations: { find: () => undefined, receivedBy: () => [] },
    push: () => {},
    freshSignIn: () => Promise.reject(new Error('no rule asks for one')),
    endReported: () => {},
    limits: { approvalRequests: 100, sameApprovalRequests: 100 },
    breakGlass: wholeGlass,
  })
})
afterEach(async () => {
  approvals.close()
  await log.close()
  state.close()
  await rm(folder, { recursive: true, force: true })
})

const stateOf = async ({ id }: Approval) => (await approvals.get({ ...dora.person, roles: ['auditor'] }, id)).state
const voteAt = (approval: Approval) =>
  approvals.vote(signedIn, approval.id, voteRequestOf(dora, approval, { at: clock.now().toISOString() }))

describe('3. Two expiries: to decide and to run. Time-out is denial. Setting the clock back revives nothing', () => {
  test('nobody decides in time: it is denied, and the log says so', async () => {
    const { approval } = await approvals.request(call)
    const decided = approvals.decided(approval.id, new AbortController().signal)
    pass(900_000)
    expect(await stateOf(approval)).toBe('pending')
    pass(21)
    expect((await decided).state).toBe('expired')
    await expect(voteAt(approval)).rejects.toMatchObject({ code: 'APPROVAL_EXPIRED' })
  })

  test('a clock that is set back while it waits gives nobody more time', async () => {
    const { approval } = await approvals.request(call)
    const decided = approvals.decided(approval.id, new AbortController().signal)
    pass(600_000)
    wall -= 300_000
    pass(300_021)
    expect(clock.now().getTime()).toBeLessThan(Date.parse(approval.decideBy))
    expect((await decided).state).toBe('expired')
    await expect(voteAt(approval)).rejects.toMatchObject({ code: 'APPROVAL_EXPIRED' })
  })

  test('a clock that is set back to before the request voids it', async () => {
    const { approval } = await approvals.request(call)
    wall -= 1
    await expect(voteAt(approval)).rejects.toMatchObject({ code: 'APPROVAL_NOT_PENDING' })
    expect(await stateOf(approval)).toBe('void')
  })

  test('what is approved runs in time or not at all, also by a clock that is set back', async () => {
    const { approval } = await approvals.request(call)
    pass(60_000)
    expect((await voteAt(approval)).state).toBe('approved')
    pass(200_000)
    wall -= 100_000
    pass(100_021)
    await expect.poll(() => stateOf(approval)).toBe('void')
    expect(await approvals.execute(approval.id, call)).toMatchObject({ ok: false })
  })

  test('what has expired stays so when the clock is set back', async () => {
    const { approval } = await approvals.request(call)
    pass(900_021)
    await expect.poll(() => stateOf(approval)).toBe('expired')
    wall = start + 1000
    expect(await stateOf(approval)).toBe('expired')
    await expect(voteAt(approval)).rejects.toMatchObject({ code: 'APPROVAL_EXPIRED' })
  })

  test('in time it runs, once', async () => {
    const { approval } = await approvals.request(call)
    await voteAt(approval)
    pass(299_000)
    expect(await approvals.execute(approval.id, call)).toMatchObject({ ok: true })
    expect(await approvals.execute(approval.id, call)).toMatchObject({ ok: false })
  })
})
