import { expect, test } from 'vitest'
import {
  verification as schema,
  type Verification,
  type VerificationReason,
  type VerificationStep,
} from '../../../src-protocol/verification.ts'
import { describeOutcome, keyFileName, outcomeWord, proves, reportText, stillHolds, verifyCommand } from './proof-wording.ts'

const ids = ['records', 'session-root', 'log-entry', 'checkpoint', 'pinned'] as const

function verificationOf(outcomes: readonly VerificationStep['outcome'][], reason?: VerificationReason): Verification {
  return {
    verified: reason === undefined,
    reason,
    steps: ids.map((id, at) => ({
      id,
      outcome: outcomes[at] ?? 'passed',
      title: id,
      sentence: `About ${id}.`,
      facts: [{ label: 'computed', value: 'ab' }],
      ms: 1,
    })),
  }
}

test('a verified recording says what was checked', () => {
  const all = verificationOf([])
  expect(describeOutcome(all, 88)).toMatchObject({
    verified: true,
    held: 5,
    sentence: 'Record 88 is unaltered, its session is complete, and both are in the log.',
  })
  expect(proves(all)).toHaveLength(3)
})

test('without a pinned checkpoint nothing is claimed about the log’s history', () => {
  const unpinned = verificationOf(['passed', 'passed', 'passed', 'passed', 'skipped'])
  expect(describeOutcome(unpinned, undefined)).toMatchObject({ verified: true, held: 4 })
  expect(describeOutcome(unpinned, undefined).sentence).toContain('could not be checked')
  expect(proves(unpinned)).toHaveLength(2)
})

test('an altered copy does not blame the log while the log holds', () => {
  const altered = describeOutcome(verificationOf(['passed', 'failed'], 'root-mismatch'), 88)
  expect(altered).toMatchObject({ verified: false, family: 'copy-altered', held: 4 })
  expect(altered.sentence).toMatch(/^The log itself is intact/)
  expect(stillHolds(verificationOf(['passed', 'failed'], 'root-mismatch'))).not.toContain(
    'The records are those that the session was closed with.',
  )
})

test('an altered copy with a broken signature does not call the log intact', () => {
  expect(
    describeOutcome(verificationOf(['failed', 'failed', 'passed', 'failed', 'skipped'], 'body-hash-mismatch'), undefined).sentence,
  ).not.toContain('intact')
})

test('every reason has a wording', () => {
  for (const reason of schema.shape.reason.unwrap().options) {
    const outcome = describeOutcome(verificationOf(['failed', 'failed', 'failed', 'failed', 'failed'], reason), undefined)
    expect(outcome.headline).toMatch(/^Not verified: /)
    expect(outcome.next.length).toBeGreaterThan(1)
  }
})

test.for([
  ['records', 'passed', 'Well formed'],
  ['records', 'failed', 'Altered'],
  ['pinned', 'skipped', 'Not checked'],
  ['checkpoint', 'failed', 'Does not match'],
] as const)('step %s %s reads %s', ([id, outcome, word]) => {
  expect(outcomeWord({ id, outcome, title: '', sentence: '', facts: [], ms: 0 })).toBe(word)
})

test.for([
  ['gate.example/log', 'gate.example_log.pub'],
  ['../../evil; rm -rf', '_.._evil__rm_-rf.pub'],
  ['', 'log.pub'],
] as const)('the key of %s is in %s', ([origin, name]) => {
  expect(keyFileName(origin)).toBe(name)
})

test('the command names the files that an export writes', () => {
  expect(verifyCommand('ses_1', 'gate.example/log')).toBe('gatehouse verify \\\n  ses_1.jsonl \\\n  --key gate.example_log.pub')
})

test('a report holds every step with its facts', () => {
  const text = reportText(verificationOf(['passed', 'failed'], 'root-mismatch'), 'ses_1')
  for (const id of ids) expect(text).toContain(`About ${id}.`)
  expect(text).toContain('Reason: root-mismatch')
  expect(text).toContain('computed: ab')
})
