import { expect, test } from 'vitest'
import { chosenPeriod, daysOf, periodOfDays, quarters, validatePeriod } from './period.ts'

const now = Date.parse('2026-11-22T23:59:00.000Z')

test.for([
  [1, '2026-11-22', '2026-11-22'],
  [7, '2026-11-16', '2026-11-22'],
  [30, '2026-10-24', '2026-11-22'],
] as const)('%i days end today', ([days, from, to]) => {
  expect(periodOfDays(days, now)).toEqual({ from, to })
  expect(daysOf({ from, to })).toBe(days)
})

test('an address that names no period asks for the last 30 days', () => {
  expect(validatePeriod({ from: '2026-11-22', to: '2026-11-01' })).toEqual({})
  expect(validatePeriod({ from: 'yesterday', to: '2026-11-01' })).toEqual({})
  expect(validatePeriod({ from: '2026-11-01', to: '2026-11-02', more: 1 })).toEqual({ from: '2026-11-01', to: '2026-11-02' })
  expect(chosenPeriod({}, now)).toEqual(periodOfDays(30, now))
})

test('quarters, also over the turn of the year', () => {
  expect(quarters(new Date('2026-02-03T00:00:00Z'))).toEqual([
    { label: 'Q4 2025', from: '2025-10-01', to: '2025-12-31' },
    { label: 'Q1 2026', from: '2026-01-01', to: '2026-03-31' },
  ])
})
