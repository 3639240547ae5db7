import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { detectors, type DetectorName } from '../../src-core/masking/detectors.ts'
import { generateSamples, stringsOf, toMessage } from '../masking-quality/generate.ts'
import { measureQuality, precision, recall } from '../masking-quality/measure-quality.ts'

const samples = generateSamples()
const names = Object.keys(detectors) as DetectorName[]
const strict = { recall: 0.99, precision: 0.95 }
const required: Record<DetectorName, { recall: number; precision: number }> = {
  card: strict,
  iban: strict,
  email: strict,
  ssn: strict,
  ip: strict,
  secret: strict,
  phone: { recall: 0.8, precision: 0.9 },
  'national-id': strict,
}
const measured = Object.fromEntries(names.map((name) => [name, measureQuality(name, samples)])) as Record<
  DetectorName,
  ReturnType<typeof measureQuality>
>
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

test('the labelled set is a thousand results or more, the same each time, and every string can be found again', () => {
  expect(samples.length).toBeGreaterThanOrEqual(1000)
  expect(generateSamples()).toEqual(samples)
  for (const sample of samples) expect(stringsOf(sample.form, toMessage(sample))).toEqual(sample.leaves.map(({ text }) => text))
})

describe('on the labelled set', () => {
  test.for(names)('%s finds what it must and little else', (name) => {
    const quality = measured[name]
    expect(quality.planted).toBeGreaterThan(200)
    expect(recall(quality), `missed: ${quality.missed.join(' | ')}`).toBeGreaterThanOrEqual(required[name].recall)
    expect(precision(quality), `mistaken: ${quality.mistaken.join(' | ')}`).toBeGreaterThanOrEqual(required[name].precision)
  })

  test('a detector that finds nothing, or too much, would be seen', () => {
    const emails = measureQuality(
      'email',
      samples.map((sample) => ({ ...sample, leaves: sample.leaves.map((leaf) => ({ ...leaf, planted: [] })) })),
    )
    expect(precision(emails)).toBe(0)
    const relabelled = samples.map((sample) => ({
      ...sample,
      leaves: sample.leaves.map((leaf) => ({ ...leaf, planted: leaf.planted.map(({ value }) => ({ detector: 'ip' as const, value })) })),
    }))
    expect(recall(measureQuality('ip', relabelled))).toBeLessThan(0.5)
  })
})

test('docs/masking.md shows these numbers', () => {
  const page = readFileSync(join(resolve(import.meta.dirname, '..', '..'), 'docs', 'masking.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (\d+) +\| ([\d.]+ %) +\| (\d+) +\| ([\d.]+ %) +\|$/gm)].map((row) => row.slice(1))
  expect(rows).toEqual(
    names.map((name) => {
      const quality = measured[name]
      return [name, String(quality.planted), percent(recall(quality)), String(quality.wrong), percent(precision(quality))]
    }),
  )
})
