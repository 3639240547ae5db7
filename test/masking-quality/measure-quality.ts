import type { DetectorName } from '../../src-core/masking/detectors.ts'
import { loadMasking } from '../../src-core/masking/load-masking.ts'
import { maskMessage } from '../../src-core/masking/mask-message.ts'
import { stringsOf, toMessage, type Sample } from './generate.ts'

export interface Quality {
  planted: number
  found: number
  /** what was masked and is nothing of that kind */
  wrong: number
  /** for people who look into it */
  missed: string[]
  mistaken: string[]
}

/** Masks every sample by one detector alone and compares with the labels. */
export function measureQuality(detector: DetectorName, samples: readonly Sample[]): Quality {
  const loaded = loadMasking(`version: 1\nrules:\n  - { id: only, detect: [${detector}], because: measured }`)
  if (!loaded.ok) throw new Error('the document is not valid')
  const quality: Quality = { planted: 0, found: 0, wrong: 0, missed: [], mistaken: [] }
  const token = `[MASKED:${detector}]`
  for (const sample of samples) {
    const masked = stringsOf(sample.form, maskMessage(loaded.masking, toMessage(sample), { connection: 'any' }).text)
    for (const [index, leaf] of sample.leaves.entries()) {
      const text = masked[index] ?? ''
      const planted = leaf.planted.filter((value) => value.detector === detector)
      const found = planted.filter(({ value }) => !text.includes(value))
      const wrong = Math.max(0, text.split(token).length - 1 - found.length)
      quality.planted += planted.length
      quality.found += found.length
      quality.wrong += wrong
      if (found.length < planted.length) quality.missed.push(leaf.text)
      if (wrong > 0) quality.mistaken.push(`${leaf.field}: ${leaf.text} → ${text}`)
    }
  }
  return quality
}

export const recall = ({ planted, found }: Quality): number => found / planted
export const precision = ({ found, wrong }: Quality): number => found / (found + wrong)
