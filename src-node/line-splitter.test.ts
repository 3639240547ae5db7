import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineSplitter } from './line-splitter.ts'
import { createTopLevelScan } from './top-level-scan.ts'

function split(chunks: Buffer[], limit = 1000) {
  const lines: string[] = []
  let overlong = 0
  const splitter = createLineSplitter({ limit, onLine: (line) => lines.push(line.toString()), onOverlong: () => (overlong += 1) })
  for (const chunk of chunks) splitter.push(chunk)
  return { lines, overlong }
}

test('however the bytes are cut into chunks, the lines are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.integer({ min: 1, max: 12 })), (texts, cuts) => {
      const expected = texts.map((text) => text.replaceAll(/[\r\n]/g, '')).filter((text) => text !== '')
      const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''))
      const chunks: Buffer[] = []
      for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
        const size = cuts[cut % Math.max(cuts.length, 1)] ?? 7
        chunks.push(bytes.subarray(at, at + size))
        at += size
      }
      expect(split(chunks)).toEqual({ lines: expected, overlong: 0 })
    }),
  )
})

test('accepts CRLF, skips empty lines, keeps an unfinished line back', () => {
  expect(split([Buffer.from('a\r\n\r\n\nb\n'), Buffer.from('c')]).lines).toEqual(['a', 'b'])
})

test.for([
  ['in one chunk', [Buffer.from('short\n12345678901\nnext\n')]],
  ['over chunks', [Buffer.from('short\n123456'), Buffer.from('78901'), Buffer.from('\nnext\n')]],
] as const)('an overlong line %s is dropped, reported once, and what follows is read', ([, chunks]) => {
  expect(split([...chunks], 10)).toEqual({ lines: ['short', 'next'], overlong: 1 })
})

test('a line that does not end stops the reading, reported once', () => {
  expect(split([Buffer.from('short\n'), ...Array.from({ length: 20 }, () => Buffer.alloc(10, 'x')), Buffer.from('\nnext\n')], 10)).toEqual({
    lines: ['short'],
    overlong: 1,
  })
})

test('a large line is scanned while it comes in, also if it is too large to be kept', () => {
  const seen: unknown[] = []
  const splitter = createLineSplitter({
    limit: 400,
    scanFrom: 100,
    createScan: () => createTopLevelScan(new Set(['id'])),
    onLine: (line, scan) => seen.push([line.length, scan?.complete, scan?.value('id')]),
    onOverlong: (bytes, scan, endless) => seen.push([bytes, scan?.complete, scan?.value('id'), endless]),
  })
  const lineOf = (id: number, length: number) => JSON.stringify({ result: 'x'.repeat(length - 20), id })
  const text = [lineOf(1, 50), lineOf(2, 300), lineOf(3, 900), lineOf(4, 50)].map((line) => `${line}\n`).join('')
  for (let at = 0; at < text.length; at += 33) splitter.push(Buffer.from(text.slice(at, at + 33)))
  expect(seen).toEqual([
    [50, undefined, undefined],
    [300, true, 2],
    [900, true, 3, false],
    [50, undefined, undefined],
  ])
})

test('a line in many small chunks costs no more than its bytes', () => {
  // a splitter that joined the pieces at each chunk would copy 64 GiB here
  const chunk = Buffer.alloc(1024, 'x')
  let length = 0
  const splitter = createLineSplitter({ limit: 64 * 1024 * 1024, onLine: (line) => (length = line.length), onOverlong: () => {} })
  for (let sent = 0; sent < 16 * 1024; sent += 1) splitter.push(chunk)
  splitter.push(Buffer.from('\n'))
  expect(length).toBe(16 * 1024 * 1024)
})

test('a line of exactly the limit passes', () => {
  expect(split([Buffer.from('1234567890\n')], 10)).toEqual({ lines: ['1234567890'], overlong: 0 })
})
