import { expect, test } from 'vitest'
import type { SimulationRun } from '../../../src-protocol/simulation.ts'
import { describeRun, sumUp } from './simulation-words.ts'

const transitions = [
  { from: 'allow', to: 'allow', count: 40 },
  { from: 'allow', to: 'deny', count: 2 },
  { from: 'allow', to: 'review', count: 5 },
  { from: 'deny', to: 'indeterminate', count: 3 },
  { from: 'deny', to: 'deny', count: 1 },
] as const
const result = { policyVersion: 'p', sessions: 2, messages: 51, unreadable: 0, transitions: [...transitions], changes: [] }
const run: SimulationRun = {
  id: 'sim_0000000000000000',
  state: 'done',
  by: 'Priya',
  startedAt: '2026-11-22T16:00:00.000Z',
  done: 2,
  total: 2,
  skipped: 0,
  result,
}

test('what cannot be told is neither changed nor unchanged', () => {
  expect(sumUp(result)).toEqual({ changed: 7, unchanged: 41, transitions: [transitions[2], transitions[1]], indeterminate: 3 })
})

test.for<[string, SimulationRun | undefined, boolean]>([
  ['not run', undefined, false],
  ['of an earlier text', run, false],
  ['7 messages change', run, true],
  ['1 message changes', { ...run, result: { ...result, transitions: [{ from: 'allow', to: 'deny', count: 1 }] } }, true],
  ['running', { ...run, state: 'running', result: undefined, done: 0, total: 0 }, true],
  ['33 %', { ...run, state: 'running', result: undefined, done: 1, total: 3 }, true],
  ['cancelled', { ...run, state: 'cancelled', result: undefined }, true],
])('the gate says: %s', ([words, of, isCurrent]) => {
  expect(describeRun(of, isCurrent)).toBe(words)
})
