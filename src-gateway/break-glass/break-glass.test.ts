/** Rules that take two administrators, and reminders, against a real log, with a clock that somebody sets. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openLog, type TransparencyLog } from '../../src-node/log-store.ts'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import type { BreakGlassOpening, BreakGlassTerms } from '../../src-protocol/break-glass.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import type { BreakGlass } from './break-glass.ts'
import { createBreakGlass } from './create-break-glass.ts'
import { createReviewReminders } from './review-reminders.ts'

const day = 24 * 3600 * 1000
const person = (sub: string): Person => ({ sub, name: sub, groups: [], roles: ['administrator', 'operator'] })
const [priya, otto] = [person('priya'), person('otto')]
const terms: BreakGlassTerms = {
  connection: 'orders-db' as BreakGlassTerms['connection'],
  title: 'Nights',
  people: ['mira'],
  groups: [],
  tools: ['execute_sql'],
  maxMinutes: 15,
  acr: [],
  reviewers: ['dba'],
}

let folder: string
let log: TransparencyLog
let now: number
const clock = { now: () => new Date(now) }
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'break-glass-'))
  now = Date.parse('2026-11-22T10:00:00.000Z')
  const { privateKey } = generateKeyPairSync('ed25519')
  log = await openLog({ folder: join(folder, 'log'), origin: 'gate.example/log', privateKey, clock })
})
afterEach(async () => {
  await log.close()
  await rm(folder, { recursive: true, force: true })
})

const open = (approvals: number): BreakGlass =>
  createBreakGlass({
    log,
    clock,
    scheduler: createManualScheduler(),
    logger: pino({ level: 'silent' }),
    approvals,
    findConnection: async (name) => ({ name }) as Connection,
    personNow: () => undefined,
    freshSignIn: () => Promise.reject(new Error('nobody signs in')),
    onOpened: () => {},
    onEnded: () => {},
    onChanged: () => {},
  })

describe('where rules take a second administrator', () => {
  test('one administrator alone puts no rule in force: another one has to agree, and may reject', async () => {
    const glass = open(2)
    const { rules, proposals } = await glass.setRule({ terms }, priya)
    expect(rules).toEqual([])
    const { id, version } = proposals[0]!
    await expect(glass.decideRule(id, version, 'approve', priya)).rejects.toMatchObject({ code: 'APPROVAL_OWN_REQUEST' })
    await expect(glass.decideRule(id, 'a'.repeat(64), 'approve', otto)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(glass.rules().rules).toEqual([])
    expect((await glass.decideRule(id, version, 'approve', otto)).rules).toMatchObject([{ id, version, by: 'priya', approvedBy: 'otto' }])

    await glass.setRule({ id, terms: { ...terms, maxMinutes: 60 }, before: version }, otto)
    expect(glass.rules().rules[0]?.terms.maxMinutes).toBe(15)
    const wider = glass.rules().proposals[0]!
    expect(await glass.decideRule(id, wider.version, 'deny', priya)).toMatchObject({ proposals: [], rules: [{ version }] })
    expect((await glass.removeRule(id, otto)).rules).toEqual([])
  })

  test('what was proposed for another version than is in force does not count', async () => {
    const glass = open(2)
    const { id, version } = (await glass.setRule({ terms }, priya)).proposals[0]!
    await glass.decideRule(id, version, 'approve', otto)
    await expect(glass.setRule({ id, terms: { ...terms, maxMinutes: 60 }, before: 'a'.repeat(64) }, priya)).rejects.toMatchObject({
      code: 'CONFLICT',
    })
    await expect(glass.setRule({ id, terms: { ...terms, connection: 'crm' as never }, before: version }, priya)).rejects.toMatchObject({
      code: 'BREAK_GLASS_RULE_INVALID',
    })
  })
})

test('where one administrator suffices a rule is in force at once, and the next gateway learns it from the log', async () => {
  const { rules } = await open(1).setRule({ terms }, priya)
  expect(rules).toMatchObject([{ terms, by: 'priya' }])
})

test('what nobody has reviewed is told each day, until somebody has', () => {
  const scheduler = createManualScheduler()
  const told: string[] = []
  let changes = 0
  const logger = pino({ level: 'warn' }, { write: (line: string) => void told.push(line) })
  const reminders = createReviewReminders({ clock, scheduler, logger, onChanged: () => void (changes += 1) })
  const endedAt = new Date(now).toISOString()
  const opening = { id: 'bgl_AAAAAAAAAAAAAAAA', input: { person: 'mira', connection: 'orders-db' }, endedAt } as BreakGlassOpening
  reminders.watch(opening)
  for (const days of [1, 2, 3]) {
    now += day + 30
    scheduler.run()
    expect(told).toHaveLength(days)
    expect(JSON.parse(told.at(-1)!)).toMatchObject({ alarm: 'break-glass-unreviewed', person: 'mira', connection: 'orders-db', days })
    expect(changes).toBe(days)
    expect(reminders.shown(opening).overdueDays).toBe(days)
  }
  reminders.forget(opening.id)
  expect(scheduler.waiting).toEqual([])
})
