import { expect, test } from 'vitest'
import type { ApprovalId } from '../../../src-protocol/ids.ts'
import { nextStep } from './next-step.ts'

test('whoever is denied a call is told whom to ask', () => {
  expect(nextStep({ verdict: 'denied', rule: 'no-drops' })).toBe('If you need this, ask the owner of the rule no-drops.')
  expect(nextStep({ verdict: 'denied' })).toBe('If you need this, ask an administrator.')
})

test('what ran, waits or was decided by people needs no such word', () => {
  for (const verdict of ['allowed', 'masked', 'held', 'failed'] as const) expect(nextStep({ verdict, rule: 'r' })).toBe('')
  expect(nextStep({ verdict: 'denied', rule: 'r', approval: 'apr_AAAAAAAAAAAAAAAA' as ApprovalId })).toBe('')
})
