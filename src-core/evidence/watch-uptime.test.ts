import { expect, test } from 'vitest'
import { timestamp } from '../../src-protocol/ids.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { createUptimeWatch } from './watch-uptime.ts'

const at = (minutes: number) => timestamp.parse(new Date(Date.UTC(2026, 6, 1) + minutes * 60_000).toISOString())
const everySeconds = 600
/** `wall` and `up` in minutes; without `up` the two go together */
const beat = (moment: 'start' | 'interval' | 'stop', wall: number, up = wall): LogEntry => ({
  v: 1,
  at: at(wall),
  kind: 'heartbeat',
  moment,
  everySeconds,
  upMs: up * 60_000,
})
const signIn = (wall: number): LogEntry => ({ v: 1, at: at(wall), kind: 'identity', act: 'signed-in', person: 'u-1' })
const watch = (entries: readonly LogEntry[]) => {
  const uptime = createUptimeWatch()
  for (const [index, entry] of entries.entries()) uptime.add(entry, index)
  return uptime.events.map(({ what, index, seconds }) => [what, index, seconds])
}

test('a gateway that is up, and says so, gives nothing to tell', () => {
  expect(watch([beat('start', 0), signIn(3), beat('interval', 10), beat('interval', 20.05), beat('stop', 24)])).toEqual([])
})
test('a log from before there were heartbeats gives nothing to tell', () => {
  expect(watch([signIn(0), signIn(5000)])).toEqual([])
})
test.for<[string, LogEntry[], unknown]>([
  ['a stop and a start', [beat('start', 0), beat('stop', 5), beat('start', 65, 0)], ['stopped', 2, 3600]],
  ['a start without a stop', [beat('start', 0), beat('interval', 10), beat('start', 40, 0)], ['killed', 2, 1800]],
  ['a gateway that stood still', [beat('start', 0), beat('interval', 10), beat('interval', 45)], ['silent', 2, 2100]],
  ['a clock that was set forwards', [beat('start', 0), beat('interval', 130, 10)], ['clock-forwards', 1, 7800]],
  ['a clock that was set backwards', [beat('start', 0), beat('interval', 4, 10)], ['clock-backwards', 1, 240]],
  ['times that go backwards', [beat('start', 60, 0), signIn(61), signIn(31)], ['clock-backwards', 2, -1800]],
  ['an entry of a gateway that is stopped', [beat('start', 0), beat('stop', 5), signIn(6), signIn(7)], ['wrote-while-stopped', 2, 60]],
])('%s', ([, entries, expected]) => {
  expect(watch(entries)).toEqual([expected])
})
test('a clock that is a little off, or waits for its turn, is not named', () => {
  expect(watch([beat('start', 0), signIn(1), signIn(0.995), beat('interval', 10.05, 10)])).toEqual([])
})
test('that the clock was set forwards is not taken for a gateway that was not there', () => {
  expect(watch([beat('start', 0), beat('interval', 600, 10), beat('interval', 610, 20)])).toEqual([['clock-forwards', 1, 36_000]])
})
test('the key of a stopped gateway may be replaced', () => {
  expect(watch([beat('start', 0), beat('stop', 5), { v: 1, at: at(6), kind: 'key.rotate', note: '' }, beat('start', 7, 0)])).toEqual([
    ['stopped', 3, 120],
  ])
})
