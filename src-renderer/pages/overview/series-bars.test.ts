import { expect, test } from 'vitest'
import { seriesBars } from './series-bars.ts'

const counts = { allowed: 3, masked: 1, held: 0, denied: 2 }
const none = { allowed: 0, masked: 0, held: 0, denied: 0 }

test('days without calls have a bar too, days to come have none', () => {
  const period = { from: '2026-11-20', to: '2026-11-30' }
  const bars = seriesBars({ grain: 'day', period, at: '2026-11-22T10:00:00.000Z', series: [{ at: '2026-11-21', sessions: 1, ...counts }] })
  expect(bars.map(({ title }) => title)).toEqual(['20 Nov', '21 Nov', '22 Nov'])
  expect(bars.map((bar) => bar.counts)).toEqual([none, counts, none])
})

test('hours are those of UTC', () => {
  const series = [{ at: '2026-11-22T01:00:00.000Z', sessions: 1, ...counts }]
  const bars = seriesBars({ grain: 'hour', period: { from: '2026-11-22', to: '2026-11-22' }, at: '2026-11-22T02:30:00.000Z', series })
  expect(bars.map(({ label }) => label)).toEqual(['22 Nov', '01:00', '02:00'])
  expect(bars[1]?.counts).toEqual(counts)
})
