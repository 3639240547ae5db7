import { expect, test } from 'vitest'
import { holdRequest, retentionConfig } from './retention.ts'

const problemsOf = (value: unknown): string[] => {
  const checked = retentionConfig.safeParse(value)
  return checked.success ? [] : checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

test('a rule of retention is accepted, and what it does not say is the careful way', () => {
  expect(retentionConfig.parse({ days: 365, connections: { 'orders-db': 730, crm: 'keep' } })).toEqual({
    days: 365,
    connections: { 'orders-db': 730, crm: 'keep' },
    minimumDays: 30,
    noticeDays: 3,
    mostPercentADay: 10,
  })
  expect(problemsOf({ days: 5, minimumDays: 5 })).toEqual([])
})

test.for<[unknown, string]>([
  [{ days: 29 }, 'days: fewer than minimumDays (30)'],
  [{ connections: { crm: 7 } }, 'connections.crm: fewer than minimumDays (30)'],
  [{ connections: { 'No Name': 40 } }, 'connections.No Name: not the name of a connection'],
  [{ days: 0, minimumDays: 0 }, 'days: Too small: expected number to be >=1'],
])('%j is refused', ([value, problem]) => {
  expect(problemsOf(value)).toContain(problem)
})

test('a hold on nothing in particular is refused', () => {
  expect(holdRequest.safeParse({ selection: {}, reason: 'everything' }).success).toBe(false)
  expect(holdRequest.safeParse({ selection: { person: 'u-1' }, reason: '' }).success).toBe(false)
  expect(holdRequest.safeParse({ selection: { person: 'u-1' }, reason: 'a lawsuit' }).success).toBe(true)
})
