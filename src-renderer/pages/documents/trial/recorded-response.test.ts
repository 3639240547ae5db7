import { expect, test } from 'vitest'
import type { ReplayRow } from '../../../../src-protocol/desktop-library.ts'
import { replayColumnsOf } from '../../../../src-core/recording/replay-columns.ts'
import { buildTimeline } from '../../replay/timeline.ts'
import { messageOf, responsesOf } from './recorded-response.ts'

const row = (seq: number, kind: ReplayRow['kind'], direction?: 'client' | 'server'): ReplayRow => ({
  seq,
  at: '2026-11-22T12:00:00.000Z',
  kind,
  ...(direction && { direction }),
  summary: '',
  bytes: 1,
  masks: 0,
})

test('answers of the server, the newest first; with words only those that have them', () => {
  const rows = [
    row(0, 'open'),
    row(1, 'request', 'client'),
    row(2, 'response', 'server'),
    row(3, 'response', 'client'),
    row(4, 'response', 'server'),
    row(5, 'notification', 'server'),
    ...[6, 7, 8, 9].map((seq) => row(seq, 'response', 'server')),
  ]
  const timeline = buildTimeline(replayColumnsOf(rows))
  expect([...responsesOf(timeline, undefined)]).toEqual([9, 8, 7, 6, 4, 2])
  // rows 1, 2, 3 and 9
  expect([...responsesOf(timeline, Uint8Array.of(0b1110, 0b10))]).toEqual([9, 2])
})

test('the message of a line, as one can read it', () => {
  expect(messageOf(JSON.stringify({ kind: 'response', body: '{"a":[1]}', tool: 'read' }))).toEqual({
    body: '{\n  "a": [\n    1\n  ]\n}',
    tool: 'read',
  })
  expect(messageOf(JSON.stringify({ kind: 'response', body: 'plain' }))).toEqual({ body: 'plain' })
})

test('a line that is no message gives none', () => {
  expect(messageOf(JSON.stringify({ kind: 'open' }))).toBeUndefined()
  expect(messageOf('{')).toBeUndefined()
})
