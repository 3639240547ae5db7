import { expect, test } from 'vitest'
import { fitsItsDigest } from './fits-its-digest.ts'
import { approvalWith, digestInput } from './testing/approval-fixture.ts'

test('a request that shows what its digest covers fits', () => {
  expect(fitsItsDigest(approvalWith())).toBe(true)
})

test.for([
  ['another tool', { tool: 'search_objects' }],
  ['another connection', { connection: 'scratch' }],
  ['another requester', { requester: { sub: 'jonas', name: 'Olivia', groups: [] } }],
  ['another session', { session: 'ses_fedcba9876543210' }],
  ['another rule', { rule: 'harmless' }],
  ['another policy', { policyVersion: 'd'.repeat(64) }],
  ['another time', { decideBy: '2026-11-23T10:00:00.000Z' }],
  ['another id', { id: 'apr_fedcba9876543210' }],
  ['a digest of something else', { digest: 'e'.repeat(64) }],
  ['an input of something else', { digestInput: { ...digestInput, argumentsBytes: 43 } }],
] as [string, object][])('a request that shows %s than it has in its digest does not', ([, shown]) => {
  expect(fitsItsDigest(approvalWith(shown))).toBe(false)
})
