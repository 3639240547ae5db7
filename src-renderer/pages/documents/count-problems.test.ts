import { expect, test } from 'vitest'
import { countProblems, describeProblems } from './count-problems.ts'

const problem = { path: '', message: 'wrong' }
const warning = { ...problem, severity: 'warning' as const }

test('warnings are counted apart', () => {
  expect(countProblems([problem, warning, warning])).toEqual({ errors: 1, warnings: 2 })
})

test.for([
  [[], 'no problem'],
  [[problem], '1 problem'],
  [[warning], '1 warning'],
  [[problem, warning, problem], '2 problems, 1 warning'],
] as const)('%j: %s', ([problems, words]) => {
  expect(describeProblems(problems)).toBe(words)
})
