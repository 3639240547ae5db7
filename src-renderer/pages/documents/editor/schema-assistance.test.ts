import { describe, expect, test } from 'vitest'
import { documentSchema } from '../../../../src-protocol/document-schema.ts'
import { completionFor, explanationFor } from './schema-assistance.ts'
import type { SchemaNode } from './schema-lookup.ts'

const schemas = { policy: documentSchema('policy') as SchemaNode, masking: documentSchema('masking') as SchemaNode }
const split = (marked: string): [string, number] => [marked.replace('|', ''), marked.indexOf('|')]
const offered = (kind: keyof typeof schemas, marked: string) =>
  completionFor(schemas[kind], ...split(marked))?.options.map(({ label }) => label)
const explained = (kind: keyof typeof schemas, marked: string) => explanationFor(schemas[kind], ...split(marked))

describe('completion', () => {
  test.for([
    ['the effects', 'policy', 'rules:\n  - effect: |', ['allow', 'mask', 'review', 'deny']],
    ['what is missing of a mask', 'policy', 'rules:\n  - mask: [{ detect: [card], |', ['rules', 'fields', 'media', 'action']],
    ['what is no text', 'masking', 'rules:\n  - media: [i|', ['image', 'audio', 'file', 'unknown']],
    [
      'detectors in a block',
      'masking',
      'rules:\n  - detect:\n      - n|',
      ['card', 'iban', 'email', 'ssn', 'phone', 'ip', 'secret', 'national-id'],
    ],
    ['yes and no', 'policy', 'rules:\n  - review: { reasonRequired: |', ['true', 'false']],
    ['the version', 'masking', 'version: |', ['1']],
    ['nothing for a free text', 'masking', 'rules:\n  - because: |', undefined],
    ['nothing for what the schema does not know', 'masking', 'rules:\n  - severity: { |', undefined],
  ] as const)('%s', ([, kind, marked, expected]) => {
    expect(offered(kind, marked)).toEqual(expected)
  })

  test('keys of a rule, those that are needed before the others, with their sentences', () => {
    const options = completionFor(schemas.policy, ...split('rules:\n  - |'))?.options ?? []
    const sorted = options.toSorted((one, other) => (other.boost ?? 0) - (one.boost ?? 0))
    expect(sorted.slice(0, 4).map(({ label, detail }) => [label, detail])).toEqual([
      ['id', 'needed'],
      ['match', 'needed'],
      ['effect', 'needed'],
      ['because', 'needed'],
    ])
    expect(options.find(({ label }) => label === 'when')?.info).toContain('CEL')
    expect(options[0]?.apply).toBe('id: ')
  })
})

describe('explanations', () => {
  test('of a key: its sentence, its values and its default', () => {
    expect(explained('masking', 'rules:\n  - act|ion: tag\n')).toMatchObject({
      name: 'action',
      sentences: [expect.stringContaining('the strictest') as string, 'One of mask, partial, tag, drop, block.', 'Without it mask.'],
    })
  })
  test('of a value: those of its key', () => {
    expect(explained('policy', 'rules:\n  - effect: re|view\n')?.name).toBe('effect')
  })
  test('none of an unknown key, of white space and of a comment', () => {
    for (const marked of ['rules:\n  - sever|ity: high', 'rules:\n |', '# rul|es']) expect(explained('policy', marked)).toBeUndefined()
  })
  test('nothing that every object has is taken for a key of the schema', () => {
    expect(explained('policy', 'const|ructor: 1')).toBeUndefined()
    expect(offered('policy', 'constructor:\n  - |')).toBeUndefined()
  })
})
