import { expect, test } from 'vitest'
import { whyNotDecide, type DecisionFacts } from './why-not-decide.ts'

const facts: DecisionFacts = {
  administrator: true,
  reachable: true,
  me: 'u-2',
  proposal: { state: 'open', author: { sub: 'u-1', name: 'Ada' } },
}

test('another administrator may decide; a file has no administrator of its own', () => {
  expect(whyNotDecide(facts)).toBeUndefined()
  expect(
    whyNotDecide({ ...facts, proposal: { state: 'open', author: { sub: 'file policy.yaml', name: 'file policy.yaml' } } }),
  ).toBeUndefined()
})

test.for<[string, Partial<DecisionFacts>, string]>([
  ['the author', { me: 'u-1' }, 'another administrator'],
  ['somebody else than an administrator', { administrator: false }, 'role administrator'],
  ['nobody while the gateway is away', { reachable: false }, 'cannot be reached'],
  ['nobody once it is stale', { proposal: { ...facts.proposal, state: 'stale' } }, 'propose it again'],
  ['nobody once it is rejected', { proposal: { ...facts.proposal, state: 'rejected' } }, 'rejected'],
])('%s is told why not', ([, change, sentence]) => {
  expect(whyNotDecide({ ...facts, ...change })).toContain(sentence)
})
