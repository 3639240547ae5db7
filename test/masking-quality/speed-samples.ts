import { loadMasking } from '../../src-core/masking/load-masking.ts'
import { generateSamples } from './generate.ts'

export function maskingWith(kinds: readonly string[]) {
  const loaded = loadMasking(`version: 1\nrules:\n  - { id: all, detect: [${kinds.join(', ')}], because: measured }`)
  if (!loaded.ok) throw new Error('the document is not valid')
  return loaded.masking
}

/** Rows of a customer table, one in ten with something to mask, as a result that holds them twice: as text and structured. */
export function typicalResult(bytes: number): string {
  const rows: unknown[] = []
  const rowsText = (): string => JSON.stringify({ rows })
  for (let id = 1; rowsText().length < bytes / 2; id += 1) {
    const contact = id % 10 === 0 ? { email: `ada${id}@acme.example`, phone: '+49 151 12345678', ip: `10.0.0.${id % 250}` } : {}
    rows.push({
      id,
      created: '2026-11-22T10:15:00Z',
      uuid: '123e4567-e89b-12d3-a456-426614174000',
      status: 'shipped',
      note: 'left at the door',
      ...contact,
    })
  }
  return JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: rowsText() }], structuredContent: { rows } } })
}

/** Every leaf of the labelled set in one result: far denser than data is. */
export function denseResult(bytes: number): string {
  const leaves = generateSamples().flatMap((sample) => sample.leaves.map(({ field, text }) => ({ [field]: text })))
  const rows: unknown[] = []
  for (let length = 0, at = 0; length < bytes; at += 1) {
    rows.push(leaves[at])
    length += JSON.stringify(leaves[at]).length + 1
  }
  return JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [], structuredContent: { rows } } })
}

/** Repeated to a long string, each was made to be slow for one detector or another. */
export const hostileParts = [
  'a',
  '4',
  '4 ',
  '0',
  'a@',
  'a.b@c.',
  'a@b.cc ',
  '.!#$%&',
  `${'x'.repeat(63)}@`,
  '+1 ',
  '+1 415 555 2671 ',
  '415-555-2671 ',
  '(415) ',
  '01 23 45 67 ',
  '1.2.3.4.',
  '1.2.3.4 ',
  'foo 10.2.3.4-x ',
  'a:',
  '::',
  'DE89',
  'DE89 3704 0044 0532 0130 01 ',
  '123-45-',
  '11144477735 ',
  'eyJaaaaaaaaaa.',
  'eyJhbGciOiJIUzI1NiJ9.e30.x ',
  '-----BEGIN PRIVATE KEY-----',
  'AKIAIOSFODNN7EXAMPLE ',
  'a://b:c',
  'a://:cccc@',
  'password=',
  'host=a password=abc1 ',
  'Bearer ',
  'basic abcdefghi ',
  'ghp_',
  'xoxb-1234567890 ',
  'secret_access_key',
  'YWJj',
  '%41',
  '%E2%80%8B',
  '\u200b',
  'e\u0301',
  '４',
  '\u0301',
  'QUJDREVGR0hJSktMTU5PUA ',
  '\n',
]
