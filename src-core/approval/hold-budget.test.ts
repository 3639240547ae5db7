import { expect, test } from 'vitest'
import { holdBudget } from './hold-budget.ts'

const own = [
  { client: 'Cursor', seconds: 40 },
  { client: 'claude-code 1.*', seconds: 20, secondsWithProgress: 30 },
]

test.for([
  ['Claude Desktop, whose time-out nothing renews', 'claude-ai 0.1.0', true, 50],
  ['Claude Code with progress', 'claude-code 2.1.0', true, 900],
  ['Claude Code without progress', 'claude-code 2.1.0', false, 280],
  ['VS Code', 'Visual Studio Code 1.110.0', false, 280],
  ['an unknown client that shows progress', 'inspector 1', true, 200],
  ['an unknown client without progress, as the SDK times out', 'inspector 1', false, 50],
  ['a client without a name', undefined, true, 200],
  ['a rule by name', 'cursor 1.7.2', false, 40],
  ['a rule by name is not for another name', 'cursor-fork 1.7.2', false, 50],
  ['a rule before what is known', 'claude-code 1.0.9', true, 30],
  ['the same without progress', 'claude-code 1.0.9', false, 20],
] as const)('%s', ([, client, progress, seconds]) => {
  expect(holdBudget(own, 200, { client, progress })).toBe(seconds)
})

test('a shorter standard counts for all that no rule knows', () => {
  expect(holdBudget([], 10, { client: 'inspector 1', progress: false })).toBe(10)
  expect(holdBudget([], 10, { client: 'claude-ai', progress: false })).toBe(50)
})
