import { expect, test } from 'vitest'
import { whyNotActivate, type ActivationFacts } from './why-not-activate.ts'

const facts: ActivationFacts = {
  administrator: true,
  reachable: true,
  changes: { changed: new Set([1]), removed: 0 },
  problems: [],
  checkFailed: false,
}

test('a changed draft without problems can be activated, also when it only removes lines', () => {
  expect(whyNotActivate(facts)).toBeUndefined()
  expect(whyNotActivate({ ...facts, changes: { changed: new Set(), removed: 2 } })).toBeUndefined()
})

test('a warning does not keep it from being activated', () => {
  expect(whyNotActivate({ ...facts, problems: [{ path: '', message: 'idle', severity: 'warning' }] })).toBeUndefined()
})

test.for([
  ['the role is missing', { administrator: false }, 'role administrator'],
  ['the gateway is away', { reachable: false }, 'cannot be reached'],
  ['nothing changed', { changes: { changed: new Set<number>(), removed: 0 } }, 'the same'],
  ['the check failed', { checkFailed: true }, 'could not be checked'],
  ['the check runs', { problems: undefined }, 'still running'],
  ['there is a problem', { problems: [{ path: '', message: 'wrong' }] }, 'a problem'],
  [
    'there are two',
    {
      problems: [
        { path: '', message: 'a' },
        { path: '', message: 'b' },
      ],
    },
    '2 problems',
  ],
] as const)('a draft cannot be activated when %s', ([, change, sentence]) => {
  expect(whyNotActivate({ ...facts, ...change })).toContain(sentence)
})
