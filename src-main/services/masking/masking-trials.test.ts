import { afterEach, expect, test } from 'vitest'
import { createMaskingTrials, type MaskingTrials } from './masking-trials.ts'

const document = 'version: 1\nrules:\n  - { id: cards, detect: [card], because: Cards. }\n'
const trial = { document, connection: 'db', text: '{"card":"4111111111111111"}' }

let trials: MaskingTrials | undefined
afterEach(() => trials?.close())

test('a response is masked in a thread of its own, one after the other', async () => {
  trials = createMaskingTrials()
  const results = await Promise.all([trials.run(trial), trials.run({ ...trial, text: '{}' })])
  expect(results).toMatchObject([
    { outcome: 'masked', text: '{"card":"[MASKED:card]"}', masks: [{ rule: 'cards', path: '/card' }] },
    { outcome: 'masked', text: '{}' },
  ])
})

test('one that is too large is refused, with its size', async () => {
  trials = createMaskingTrials({ bytes: 20, seconds: 5 })
  await expect(trials.run(trial)).rejects.toMatchObject({ code: 'MASKING_TRIAL_TOO_LARGE', data: { bytes: 27, limit: 20 } })
})

test('one that takes too long is stopped, and the next one runs', async () => {
  // no thread begins within a millisecond
  trials = createMaskingTrials({ bytes: 1024 * 1024, seconds: 0.001 })
  const many = JSON.stringify(Array.from({ length: 10_000 }, () => '4111 1111 1111 1111'))
  await expect(trials.run({ ...trial, text: many })).rejects.toMatchObject({ code: 'MASKING_TRIAL_STOPPED' })
  await trials.close()
  trials = createMaskingTrials()
  expect(await trials.run(trial)).toMatchObject({ outcome: 'masked' })
})

test('after its end nothing runs', async () => {
  trials = createMaskingTrials()
  await trials.close()
  await expect(trials.run(trial)).rejects.toMatchObject({ code: 'MASKING_TRIAL_STOPPED' })
})
