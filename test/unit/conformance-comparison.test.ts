import { expect, test } from 'vitest'
import { compareResults } from '../conformance/compare-results.ts'
import type { Check, Results } from '../conformance/suites.ts'

const check = (id: string, status: Check['status'], errorMessage?: string): Check => ({ id, status, ...(errorMessage && { errorMessage }) })
const results = (...checks: Check[]): Results => new Map([['scenario', checks]])
const explanation = { scenario: 'scenario', check: 'a', direct: 'FAILURE', tunnel: 'SUCCESS', because: 'ours is stricter' }

test.for([
  ['equal verdicts', results(check('a', 'SUCCESS')), results(check('a', 'SUCCESS')), 'same'],
  ['messages that name ports', results(check('a', 'FAILURE', 'port 1')), results(check('a', 'FAILURE', 'port 2')), 'same'],
  ['notes', results(check('a', 'SUCCESS'), check('note', 'INFO')), results(check('a', 'SUCCESS')), 'same'],
  ['a failure in the tunnel', results(check('a', 'SUCCESS')), results(check('a', 'FAILURE')), 'differs'],
  ['a warning in the tunnel', results(check('a', 'SUCCESS')), results(check('a', 'WARNING')), 'differs'],
  ['a check that was not made', results(check('a', 'SUCCESS'), check('b', 'SUCCESS')), results(check('a', 'SUCCESS')), 'differs'],
  ['one of two equal checks', results(check('a', 'SUCCESS'), check('a', 'SUCCESS')), results(check('a', 'SUCCESS')), 'differs'],
  ['a scenario that did not run', results(check('a', 'SUCCESS')), new Map(), 'differs'],
  ['what is explained', results(check('a', 'FAILURE')), results(check('a', 'SUCCESS')), 'explained'],
  ['the opposite of what is explained', results(check('a', 'SUCCESS')), results(check('a', 'FAILURE')), 'differs'],
  [
    'something beside what is explained',
    results(check('a', 'FAILURE'), check('b', 'SUCCESS')),
    results(check('a', 'SUCCESS'), check('b', 'FAILURE')),
    'differs',
  ],
] as const)('%s', ([, direct, tunnel, verdict]) => {
  expect(compareResults(direct, tunnel, [explanation])[0]?.verdict).toBe(verdict)
})
