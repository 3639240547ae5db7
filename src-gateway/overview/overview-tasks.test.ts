import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readClaimedCheckpoint } from '../../src-core/log/checkpoint.ts'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { createOverviewTasks } from './overview-tasks.ts'
import { appendSyntheticSessions, syntheticClock } from './synthetic-log.fixture.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const key = Buffer.alloc(32, 7)
const period = { from: '2026-01-10', to: '2026-03-31' }
const at = '2026-06-01T00:00:00.000Z'

let folder: string
let log: TransparencyLog
const place = (...parts: string[]) => join(folder, ...parts)

const openSynthetic = (name: string) =>
  openLog({ folder: place(name), origin: 'gate.example/log', privateKey, clock: syntheticClock('2026-01-01T00:00:00Z', 600_000) })
function headOf(of: TransparencyLog) {
  const head = readClaimedCheckpoint(of.checkpoint())
  if (!head) throw new Error('no checkpoint')
  return { size: head.size, root: Buffer.from(head.root).toString('base64') }
}
const tasksOf = (data: string, ofLog = 'log', withKey = key) =>
  createOverviewTasks({ data: place(data), log: place(ofLog), recordings: place('recordings') }, withKey)
const refresh = (tasks: ReturnType<typeof tasksOf>, of = log) => tasks.refresh({ head: headOf(of), tallies: [], at })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'overview-'))
  log = await openSynthetic('log')
  await appendSyntheticSessions(log, 1, 1200)
})
afterAll(async () => {
  await log.close()
  await rm(folder, { recursive: true, force: true })
})

/** What somebody counts who reads each entry. */
async function naively() {
  const entries: LogEntry[] = []
  const reader = log.snapshot()
  for await (const { bytes } of reader.entries(0, reader.size)) entries.push(JSON.parse(Buffer.from(bytes).toString()) as LogEntry)
  const within = ({ at: when }: { at: string }) => when.slice(0, 10) >= period.from && when.slice(0, 10) <= period.to
  const opened = entries.filter((entry) => entry.kind === 'session.open')
  const closes = entries.filter((entry) => entry.kind === 'session.close')
  const requested = entries.filter((entry) => entry.kind === 'approval.requested')
  const settled = new Map(
    entries.flatMap((entry) => (entry.kind === 'approval.settled' && entry.state !== 'executed' ? [[entry.approval, entry] as const] : [])),
  )
  const outcomes: Record<string, number> = { pending: 0, approved: 0, denied: 0, expired: 0, withdrawn: 0, void: 0 }
  const waits: number[] = []
  for (const entry of requested.filter(within)) {
    const end = settled.get(entry.approval)
    const outcome = end?.state ?? 'pending'
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    if (end && (outcome === 'approved' || outcome === 'denied')) waits.push(Date.parse(end.at) - Date.parse(entry.at))
  }
  const uses = new Map<string, number>()
  for (const { person, connection } of opened.filter(within)) {
    uses.set(`${person} ${connection}`, (uses.get(`${person} ${connection}`) ?? 0) + 1)
  }
  const kinds = new Map<string, number>()
  for (const { kind } of entries.filter(within)) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  let last = 0
  let missing = 0
  const doubts: number[] = []
  const sessionOf = new Map<number, string>()
  for (const [index, entry] of entries.entries()) {
    if (entry.kind !== 'session.open') continue
    if (entry.counter > last + 1) {
      doubts.push(index)
      if (within(entry)) missing += entry.counter - last - 1
    }
    if ((sessionOf.get(entry.counter) ?? entry.session) !== entry.session) doubts.push(index)
    sessionOf.set(entry.counter, entry.session)
    last = Math.max(last, entry.counter)
  }
  const endOf = new Map(closes.map((entry) => [entry.session, entry.endReason]))
  const crashed = opened.filter((entry) => within(entry) && endOf.get(entry.session) === 'gateway-crash').length
  const removed = new Set(entries.flatMap((entry) => (entry.kind === 'recording.removed' ? [entry.session] : [])))
  const requesters = new Map(requested.map(({ approval, input }) => [approval, input.requester]))
  const ownVotes = entries.flatMap((entry, index) =>
    entry.kind === 'approval.vote' && requesters.get(entry.approval) === entry.vote.person.sub ? [index] : [],
  )
  const stored = closes.filter(({ session }) => !removed.has(session)).length
  return {
    entries: entries.length,
    sessions: opened.filter(within).length,
    outcomes,
    waits: waits.toSorted((one, other) => one - other),
    uses,
    kinds,
    last,
    missing,
    doubts,
    crashed,
    stored,
    ownVotes,
    requested,
    settled,
  }
}

test('the numbers are those of somebody who reads each entry', async () => {
  const tasks = tasksOf('naive')
  const counted = await naively()
  expect(await refresh(tasks)).toEqual({ read: log.size, unknown: [], anew: 'new' })
  const found = await tasks.overview({ period, at })
  expect(found.sessions).toBe(counted.sessions)
  expect(Object.fromEntries(found.approvals.outcomes.map(({ outcome, count }) => [outcome, count]))).toEqual(counted.outcomes)
  expect(counted.outcomes).not.toMatchObject({ approved: 0 })
  expect(found.approvals.longestSeconds).toBe((counted.waits.at(-1) ?? 0) / 1000)
  expect(found.approvals.medianSeconds).toBe((counted.waits[Math.floor((counted.waits.length - 1) / 2)] ?? 0) / 1000)
  expect(found.series.reduce((sum, bucket) => sum + bucket.sessions, 0)).toBe(counted.sessions)
  expect(found.access.length + found.accessMore).toBe(counted.uses.size)
  for (const { person, connection, sessions } of found.access) expect(sessions).toBe(counted.uses.get(`${person.sub} ${connection}`))
  expect(await tasks.entries(period)).toEqual(counted.kinds)
  const gaps = Object.fromEntries(found.gaps.map(({ gap, count }) => [gap, count]))
  expect(gaps).toMatchObject({ 'missing-number': counted.missing, 'gateway-crash': counted.crashed })
  expect([counted.missing > 0, counted.crashed > 0]).toEqual([true, true])

  const numbering = await tasks.facts({ what: 'numbering', about: [] })
  expect(numbering).toMatchObject({ entries: counted.entries, last: counted.last })
  expect(numbering.doubts.map(({ entry }) => entry)).toEqual(counted.doubts)
  expect(numbering.doubts.some(({ what }) => what.includes('two sessions'))).toBe(true)
  const votes = await tasks.facts({ what: 'votes', about: [] })
  expect(votes.doubts.map(({ entry }) => entry)).toEqual(counted.ownVotes)
  expect(counted.ownVotes.length).toBeGreaterThan(0)
  const open = counted.requested.filter(({ approval }) => !counted.settled.has(approval))
  const overdue = open.filter(({ input }) => input.decideBy < at)
  const requests = await tasks.facts({ what: 'openRequests', about: [at] })
  expect(requests).toMatchObject({ requests: counted.requested.length, open: open.length, overdueCount: overdue.length })
  expect(requests.overdue.map(({ approval }) => approval).toSorted()).toEqual(overdue.map(({ approval }) => approval).toSorted())
  const drawn = await tasks.facts({ what: 'drawClosed', about: [10] })
  expect(drawn.total).toBe(counted.stored)
  expect(new Set(drawn.entries).size).toBe(10)
  for (const index of drawn.entries)
    expect(JSON.parse(Buffer.from(await log.entry(index)).toString())).toMatchObject({ kind: 'session.close' })
  tasks.close()
})

test('what follows is read, and nothing twice; after a restart nothing is read again, and the numbers are the same', async () => {
  const grown = await openSynthetic('grown-log')
  await appendSyntheticSessions(grown, 1, 700)
  let tasks = tasksOf('grown', 'grown-log')
  const first = grown.size
  expect(await refresh(tasks, grown)).toMatchObject({ read: first })
  // a bundle is partly full, and is replaced while it grows
  await Promise.all([appendSyntheticSessions(grown, 701, 300), refresh(tasks, grown)])
  await refresh(tasks, grown)
  const before = await tasks.overview({ period, at })
  tasks.close()
  tasks = tasksOf('grown', 'grown-log')
  expect(await refresh(tasks, grown)).toEqual({ read: 0, unknown: [] })
  expect(await tasks.overview({ period, at })).toEqual(before)
  tasks.close()
  const anew = tasksOf('grown-anew', 'grown-log')
  expect(await refresh(anew, grown)).toMatchObject({ read: grown.size })
  expect(await anew.overview({ period, at })).toEqual(before)
  anew.close()
  await grown.close()
})

test('what running sessions do counts once, however often it is told, and not before the log knows them', async () => {
  const tasks = tasksOf('tallies')
  const session = 'ses_0000000000000057'
  const tally = (allowed: number, final: boolean, of = session) => [
    { session: of, calls: { allowed, masked: 0, held: 0, denied: 0 }, masks: { cards: allowed }, final },
  ]
  const count = async (tallies: ReturnType<typeof tally>) => tasks.refresh({ head: headOf(log), tallies, at: '2026-02-01T00:00:00.000Z' })
  expect(await count(tally(1, false, 'ses_unknownunknown00'))).toMatchObject({ unknown: ['ses_unknownunknown00'] })
  for (const [allowed, final] of [
    [3, false],
    [3, false],
    [5, false],
    [6, true],
    [9, false],
  ] as const)
    await count(tally(allowed, final))
  const found = await tasks.overview({ period, at })
  expect(found.calls.allowed).toBe(6)
  expect(found.masks).toEqual([{ rule: 'cards', values: 6 }])
  tasks.close()
})

describe('what another program wrote into the file does not count', () => {
  const changes: Record<string, (database: Database.Database) => void> = {
    'a sum that was raised': (database) =>
      database.exec('UPDATE hour SET sessions = sessions + 1 WHERE hour = (SELECT min(hour) FROM hour)'),
    'a gap that was taken away': (database) =>
      database.exec("UPDATE session SET end_reason = 'expired' WHERE end_reason = 'gateway-crash'"),
    'a row that was removed': (database) => database.exec('DELETE FROM log_doubt'),
    'a row that was added': (database) => database.exec("INSERT INTO mask_day VALUES ('2026-02-01', 'cards', 100)"),
    'a trigger that changes what is counted later': (database) =>
      database.exec('CREATE TRIGGER forget AFTER INSERT ON log_doubt BEGIN DELETE FROM log_doubt; END'),
    'a number that was set back': (database) => database.exec(`UPDATE progress SET known = json_set(known, '$.counter', 5)`),
  }
  test.for(Object.entries(changes))('%s', async ([name, change]) => {
    const data = `altered ${name}`
    let tasks = tasksOf(data)
    await tasks.refresh({ head: headOf(log), tallies: [], at })
    const before = await tasks.overview({ period, at })
    tasks.close()
    const database = new Database(place(data, 'overview.sqlite'))
    change(database)
    database.close()
    tasks = tasksOf(data)
    expect(await refresh(tasks)).toEqual({ read: log.size, unknown: [], anew: 'altered' })
    expect(await tasks.overview({ period, at })).toEqual(before)
    tasks.close()
  })

  test('a file that is no database; one of another key is made anew and is no alarm', async () => {
    let tasks = tasksOf('broken')
    await refresh(tasks)
    tasks.close()
    const file = place('broken', 'overview.sqlite')
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.fill('x', 4096, 20_000))
    tasks = tasksOf('broken')
    expect(await refresh(tasks)).toMatchObject({ read: log.size, anew: 'altered' })
    tasks.close()
    tasks = tasksOf('broken', 'log', Buffer.alloc(32, 8))
    expect(await refresh(tasks)).toMatchObject({ read: log.size, anew: 'new' })
    tasks.close()
  })

  test('while the sums are in use, no other program gets at them', async () => {
    let tasks = tasksOf('in use')
    await refresh(tasks)
    const other = new Database(place('in use', 'overview.sqlite'), { timeout: 0 })
    expect(() => other.exec('DELETE FROM hour')).toThrow('locked')
    other.close()
    tasks.close()
    tasks = tasksOf('in use')
    expect(await refresh(tasks)).toEqual({ read: 0, unknown: [] })
    tasks.close()
  })
})

test('sums of another log, of one that went on otherwise, or of more than there is, are thrown away', async () => {
  const other = await openSynthetic('other-log')
  await appendSyntheticSessions(other, 5001, 100)
  const tasks = tasksOf('fork', 'other-log')
  await refresh(tasks, other)
  const forked = await openSynthetic('forked-log')
  await appendSyntheticSessions(forked, 6001, 150)
  tasks.close()
  const onFork = tasksOf('fork', 'forked-log')
  expect(await refresh(onFork, forked)).toEqual({ read: forked.size, unknown: [] })
  expect((await onFork.facts({ what: 'numbering', about: [] })).entries).toBe(forked.size)
  onFork.close()
  const back = tasksOf('fork', 'other-log')
  expect(await refresh(back, other)).toMatchObject({ read: other.size })
  // its files do not give the root that was signed
  await expect(back.refresh({ head: { ...headOf(other), root: headOf(forked).root }, tallies: [], at })).rejects.toMatchObject({
    code: 'LOG_CORRUPT',
  })
  back.close()
  await other.close()
  await forked.close()
})
