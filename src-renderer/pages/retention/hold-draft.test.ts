import { expect, test } from 'vitest'
import { holdRequest } from '../../../src-protocol/retention.ts'
import { draftProblem, emptyHoldDraft, requestOf, type HoldDraft } from './hold-draft.ts'

const whole: HoldDraft = {
  person: 'u-1',
  connection: 'orders-db',
  from: '2026-01-01',
  before: '2026-02-01',
  sessions: 'ses_0000000000000001,\nses_0000000000000002',
  reason: 'a lawsuit',
}

test('what is filled in is sent, and nothing else', () => {
  expect(draftProblem(whole)).toBeUndefined()
  expect(holdRequest.parse(requestOf(whole))).toEqual({
    selection: {
      person: 'u-1',
      connection: 'orders-db',
      endedFrom: '2026-01-01T00:00:00.000Z',
      endedBefore: '2026-02-01T00:00:00.000Z',
      sessions: ['ses_0000000000000001', 'ses_0000000000000002'],
    },
    reason: 'a lawsuit',
  })
  const one = { ...emptyHoldDraft, person: 'u-1', reason: 'a lawsuit' }
  expect(holdRequest.parse(requestOf(one))).toEqual({ selection: { person: 'u-1' }, reason: 'a lawsuit' })
})

test.for<[Partial<HoldDraft>, keyof HoldDraft]>([
  [{ sessions: 'ses_1' }, 'sessions'],
  [{ before: '2026-01-01' }, 'before'],
  [{ reason: 'no' }, 'reason'],
])('%j is a mistake', ([change, field]) => {
  expect(draftProblem({ ...whole, ...change })?.field).toBe(field)
})

test('a hold on nothing in particular would be one on everything: it is refused', () => {
  expect(draftProblem({ ...emptyHoldDraft, reason: 'everything' })?.field).toBe('person')
  expect(holdRequest.safeParse(requestOf({ ...emptyHoldDraft, reason: 'everything' })).success).toBe(false)
})
