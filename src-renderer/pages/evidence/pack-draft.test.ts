import { expect, test } from 'vitest'
import { packRequest } from '../../../src-protocol/evidence.ts'
import { packProblems, packRequestOf, type PackDraft } from './pack-draft.ts'

const draft: PackDraft = { from: '2026-07-01', to: '2026-09-30', seed: ' words ', sampleSize: 25 }

test('the last day is part of the period', () => {
  const request = packRequestOf(draft)
  expect(request).toEqual({ from: '2026-07-01T00:00:00.000Z', to: '2026-10-01T00:00:00.000Z', seed: 'words', sampleSize: 25 })
  expect(packRequest.safeParse(request).success).toBe(true)
  expect(packProblems(draft)).toEqual({})
})

test('one day is a period', () => {
  expect(packProblems({ ...draft, from: '2026-07-01', to: '2026-07-01' })).toEqual({})
})

test.for<[Partial<PackDraft>, keyof PackDraft]>([
  [{ from: '' }, 'from'],
  [{ to: '2026-13-01' }, 'to'],
  [{ to: '2026-06-30' }, 'to'],
  [{ seed: '  ' }, 'seed'],
  [{ seed: 'x'.repeat(201) }, 'seed'],
  [{ sampleSize: '' }, 'sampleSize'],
  [{ sampleSize: 0 }, 'sampleSize'],
  [{ sampleSize: 2.5 }, 'sampleSize'],
])('%j is a problem of %s', ([change, field]) => {
  expect(Object.keys(packProblems({ ...draft, ...change }))).toEqual([field])
})
