import { describe, expect, test } from 'vitest'
import { connectionName, sessionId } from '../../src-protocol/ids.ts'
import { logEntry, type LogEntry } from '../../src-protocol/log-entry.ts'
import { holdSelection, retentionTerms } from '../../src-protocol/retention.ts'
import { createLogAudit } from './audit-log-entries.ts'

const day = 24 * 60 * 60 * 1000
const session = sessionId.parse('ses_0000000000000001')
const connection = connectionName.parse('db')
const root = 'ab'.repeat(32)
const hold = 'hld_0000000000000001'
const terms = retentionTerms.parse({ days: 40, noticeDays: 3, minimumDays: 30 })

/** A log that is written day by day: the clock of the wall and the process's own go on together, unless a test says otherwise. */
function writeLog(write: (log: LogWriter) => void): string[] {
  const audit = createLogAudit()
  let [wall, up, index] = [Date.parse('2026-01-01T00:00:00.000Z'), 0, 0]
  const log: LogWriter = {
    add(draft) {
      audit.add(logEntry.parse({ v: 1, at: new Date(wall).toISOString(), ...draft }), index)
      index += 1
      return index - 1
    },
    pass(days, { wallDays = days } = {}) {
      for (let passed = 0; passed < days; passed += 1) {
        wall += (wallDays / days) * day
        up += day
        log.add({ kind: 'heartbeat', moment: 'interval', everySeconds: 86_400, upMs: up })
      }
    },
    stop(days) {
      log.add({ kind: 'heartbeat', moment: 'stop', everySeconds: 86_400, upMs: up })
      ;[wall, up] = [wall + days * day, 0]
      log.add({ kind: 'heartbeat', moment: 'start', everySeconds: 86_400, upMs: up })
    },
  }
  log.add({ kind: 'heartbeat', moment: 'start', everySeconds: 86_400, upMs: 0 })
  write(log)
  const about = /^(?:removed|hold|session)/
  return audit.findings().flatMap(({ code, sentence }) => (about.test(code) ? [`${code}: ${sentence}`] : []))
}

interface LogWriter {
  add(draft: Record<string, unknown> & { kind: LogEntry['kind'] }): number
  pass(days: number, clock?: { wallDays?: number }): void
  stop(days: number): void
}

const rule = (log: LogWriter, changed: object = {}) => log.add({ kind: 'recording.retention', terms: { ...terms, ...changed } })
function record(log: LogWriter): number {
  log.add({ kind: 'session.open', session, counter: 1, person: 'olivia', connection, policyVersion: 'p', maskingVersion: 'm' })
  const index = log.add({ kind: 'session.close', session, count: 2, root, endReason: 'ended-by-operator' })
  log.pass(1)
  return index
}
const remove = (log: LogWriter, given: { closed: number; rule: number } & Record<string, unknown>) =>
  log.add({ kind: 'recording.removed', session, count: 2, root, days: 40, ...given })
const place = (log: LogWriter, selection: object, approvals = 1) =>
  log.add({ kind: 'recording.hold', hold, selection: holdSelection.parse(selection), reason: 'a lawsuit', by: 'ada', approvals })
const release = (log: LogWriter, step: 'asked' | 'refused' | 'd', by: string) =>
  log.add({ kind: step === 'd' ? 'recording.released' : (`recording.release-${step}` as never), hold, by, reason: 'settled' })

test('what a rule in force removes when it is old enough is as it should be', () => {
  const found = writeLog((log) => {
    const inForce = rule(log)
    const closed = record(log)
    log.pass(41)
    remove(log, { closed, rule: inForce })
  })
  expect(found).toEqual([])
})

describe('what was removed', () => {
  test.for<[string, (log: LogWriter) => void, string]>([
    [
      'before its time',
      (log) => {
        const [inForce, closed] = [rule(log), record(log)]
        log.pass(38)
        remove(log, { closed, rule: inForce })
      },
      'removed-against-rule: ses_0000000000000001 was removed, and it was not old enough by the times in the log.',
    ],
    [
      'after the clock was set forwards by a year',
      (log) => {
        const [inForce, closed] = [rule(log), record(log)]
        log.pass(5, { wallDays: 370 })
        remove(log, { closed, rule: inForce })
      },
      'removed-against-rule: ses_0000000000000001 was removed, and the log does not vouch for so much time since its end: the clock was set, or the gateway was away.',
    ],
    [
      'after a stop of a year by the clock',
      (log) => {
        const [inForce, closed] = [rule(log), record(log)]
        log.stop(365)
        log.pass(5)
        remove(log, { closed, rule: inForce })
      },
      'removed-against-rule: ses_0000000000000001 was removed, and the log does not vouch for so much time since its end: the clock was set, or the gateway was away.',
    ],
    [
      'by a rule that is too new',
      (log) => {
        const closed = record(log)
        log.pass(50)
        remove(log, { closed, rule: rule(log) })
      },
      'removed-against-rule: ses_0000000000000001 was removed, and the rule was too new to remove anything.',
    ],
    [
      'without a rule',
      (log) => {
        const closed = record(log)
        log.pass(50)
        remove(log, { closed, rule: 0 })
      },
      'removed-against-rule: ses_0000000000000001 was removed, and no rule in force removes it.',
    ],
    [
      'though its connection is kept',
      (log) => {
        const [inForce, closed] = [rule(log, { connections: { db: 'keep' } }), record(log)]
        log.pass(50)
        remove(log, { closed, rule: inForce })
      },
      'removed-against-rule: ses_0000000000000001 was removed, and no rule in force removes it.',
    ],
    [
      'by a rule of before',
      (log) => {
        const [before, closed] = [rule(log), record(log)]
        rule(log, { days: 45 })
        log.pass(50)
        remove(log, { closed, rule: before })
      },
      'removed-against-rule: ses_0000000000000001 was removed by another rule than the one in force.',
    ],
    [
      'with another root',
      (log) => {
        const [inForce, closed] = [rule(log), record(log)]
        log.pass(50)
        remove(log, { closed, rule: inForce, root: 'cd'.repeat(32) })
      },
      'removed-another: What was removed is not the recording of ses_0000000000000001 that the log closed.',
    ],
    [
      'a second time',
      (log) => {
        const [inForce, closed] = [rule(log), record(log)]
        log.pass(50)
        remove(log, { closed, rule: inForce })
        remove(log, { closed, rule: inForce })
      },
      'removed-another: ses_0000000000000001 was removed a second time.',
    ],
  ])('%s is reported', ([, write, sentence]) => {
    expect(writeLog(write)).toEqual([sentence])
  })

  test.for<[string, object, boolean]>([
    ['its session', { sessions: [session] }, true],
    ['its person', { person: 'olivia' }, true],
    ['its connection and time', { connection: 'db', endedFrom: '2025-12-31T00:00:00.000Z', endedBefore: '2026-01-02T00:00:00.000Z' }, true],
    ['another session', { sessions: ['ses_0000000000000002'] }, false],
    ['another person on its connection', { person: 'otto', connection: 'db' }, false],
    ['its person, of a later time', { person: 'olivia', endedFrom: '2026-01-02T00:00:00.000Z' }, false],
    ['its person, of an earlier time', { person: 'olivia', endedBefore: '2025-12-31T00:00:00.000Z' }, false],
  ])('while a hold was on %s', ([, selection, held]) => {
    const found = writeLog((log) => {
      const [inForce, closed] = [rule(log), record(log)]
      log.pass(50)
      place(log, selection)
      remove(log, { closed, rule: inForce })
    })
    expect(found).toEqual(held ? [`removed-while-held: ${session} was removed while the hold ${hold} kept it.`] : [])
  })
})

describe('a hold that takes two administrators to release', () => {
  test.for<[string, [step: 'asked' | 'refused' | 'd', by: string][], string[]]>([
    [
      'is released by the second one',
      [
        ['asked', 'ada'],
        ['d', 'ben'],
      ],
      [],
    ],
    ['is not by one alone', [['d', 'ben']], ['hold-released-alone', 'removed-while-held']],
    [
      'is not by who asked',
      [
        ['asked', 'ada'],
        ['d', 'ada'],
      ],
      ['hold-released-alone', 'removed-while-held'],
    ],
    [
      'is not once the other one refused',
      [
        ['asked', 'ada'],
        ['refused', 'ben'],
        ['d', 'ben'],
      ],
      ['hold-released-alone', 'removed-while-held'],
    ],
  ])('%s', ([, steps, codes]) => {
    const found = writeLog((log) => {
      const [inForce, closed] = [rule(log), record(log)]
      log.pass(50)
      place(log, { person: 'olivia' }, 2)
      for (const [step, by] of steps) release(log, step, by)
      remove(log, { closed, rule: inForce })
    })
    expect(found.map((finding) => finding.split(':')[0])).toEqual(codes)
  })
})
