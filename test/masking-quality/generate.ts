import type { DetectorName } from '../../src-core/masking/detectors.ts'
import { hardCases } from './hard-cases.ts'
import { harmlessValues } from './harmless-values.ts'
import { createRandom, type Random } from './random.ts'
import { sensitiveValues } from './sensitive-values.ts'

/** One string of a result, and what in it is to be found. */
export interface Leaf {
  field: string
  text: string
  planted: { detector: DetectorName; value: string }[]
}

export interface Sample {
  form: 'structured' | 'json-text' | 'lines'
  leaves: Leaf[]
}

const seed = 20_261_122
export const generatedSamples = 1200
const kinds = Object.keys(sensitiveValues) as DetectorName[]
const around = [
  ['', ''],
  ['', ''],
  ['see ', ' for details'],
  ['value: ', ';'],
  ['(', ')'],
  ['It is ', '.'],
  ['«', '»'],
  ['', ', and more'],
] as const

/** The labelled set: the same on every machine. */
export function generateSamples(): Sample[] {
  const random = createRandom(seed)
  const samples = Array.from({ length: generatedSamples }, (): Sample => {
    const leaves = [
      ...Array.from({ length: 2 + random.below(2) }, () => sensitiveLeaf(random)),
      ...Array.from({ length: 3 + random.below(4) }, () => harmlessLeaf(random)),
    ]
    return { form: random.pick(['structured', 'json-text', 'lines'] as const), leaves }
  })
  return [...samples, ...hardCases.map((leaf): Sample => ({ form: 'structured', leaves: [leaf] }))]
}

function sensitiveLeaf(random: Random): Leaf {
  const detector = random.pick(kinds)
  const value = sensitiveValues[detector](random)
  const [before, after] = random.pick(around)
  return { field: random.pick(['value', 'note', 'comment', 'data']), text: before + value + after, planted: [{ detector, value }] }
}

function harmlessLeaf(random: Random): Leaf {
  const [field, text] = random.pick(harmlessValues)(random)
  return { field, text, planted: [] }
}

/** The message that a server would answer, and back: the strings of a message in the order of the leaves. */
export function toMessage({ form, leaves }: Sample): string {
  const rows = leaves.map(({ field, text }) => ({ [field]: text }))
  const result =
    form === 'structured'
      ? { content: [], structuredContent: { rows } }
      : {
          content:
            form === 'lines' ? leaves.map(({ field, text }) => textBlock(`${field}: ${text}`)) : [textBlock(JSON.stringify({ rows }))],
        }
  return JSON.stringify({ jsonrpc: '2.0', id: 1, result })
}

const textBlock = (text: string) => ({ type: 'text', text })

interface Answer {
  result: { content: { text: string }[]; structuredContent?: { rows: Record<string, string>[] } }
}

export function stringsOf(form: Sample['form'], message: string): string[] {
  const { result } = JSON.parse(message) as Answer
  if (form === 'lines') return result.content.map(({ text }) => text.slice(text.indexOf(': ') + 2))
  const { rows } =
    form === 'structured' ? result.structuredContent! : (JSON.parse(result.content[0]!.text) as { rows: Record<string, string>[] })
  return rows.map((row) => Object.values(row)[0] ?? '')
}
