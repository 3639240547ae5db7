import { expect, test } from 'vitest'
import { fitsItsDigest } from './fits-its-digest.ts'
import { shownHash } from './shown-hash.ts'
import { approvalWith, digestInput, start, voteOf, voter } from './testing/approval-fixture.ts'

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

const asked = approvalWith()
const shown = approvalWith({}, { shown: shownHash(asked) })

test('what is shown is covered, and what comes later is not', () => {
  expect(fitsItsDigest(shown)).toBe(true)
  const later = { state: 'executed', runBy: start.toISOString(), executedAt: start.toISOString(), voidReason: 'it was' } as const
  expect(fitsItsDigest({ ...shown, ...later, reported: { by: 'Dora', reason: 'an attack', at: start.toISOString() } })).toBe(true)
  expect(fitsItsDigest({ ...shown, votes: [voteOf(voter('dora'), shown)] })).toBe(true)
})

test.for([
  ['other arguments', { argumentsText: '{"sql":"SELECT 1"}' }],
  ['no warning', { warnings: ['Look twice.'] }],
  ['another sentence', { because: 'Everybody does this.' }],
  ['another reason of the session', { sessionReason: 'nothing' }],
  ['another name of who asks', { requester: { ...shown.requester, name: 'Ada' } }],
  ['other groups of who asks', { requester: { ...shown.requester, groups: ['dba'] } }],
  ['another description of the tool', { toolDescription: 'only reads' }],
  ['other claims of the server', { toolAnnotations: { readOnlyHint: true } }],
  ['other masks', { argumentsMasks: [{ rule: 'r', kind: 'card', path: '/params', count: 1 }] }],
  ['no need for a reason', { reasonRequired: false }],
  ['another moment of asking', { requestedAt: '2026-11-22T09:00:00.000Z' }],
  ['other statements', { sql: { kinds: ['select'], tables: [], writes: [], hasWhere: true, statements: [] } }],
  [
    'another history',
    { similar: [{ id: 'apr_fedcba9876543210', at: start.toISOString(), requester: 'Ada', summary: 'x', state: 'executed', by: 'Jo' }] },
  ],
] as [string, object][])('a request that shows %s than was hashed does not fit', ([, changed]) => {
  expect(fitsItsDigest({ ...shown, ...changed })).toBe(false)
})

test('the hash is of the content, whatever the order of the fields, and takes any text', () => {
  const turned = Object.fromEntries(Object.entries(asked).toReversed()) as typeof asked
  expect(shownHash(turned)).toBe(shownHash(asked))
  expect(shownHash({ ...asked, because: 'half a pair: \ud800' })).not.toBe(shownHash({ ...asked, because: 'half a pair: \ud801' }))
})
