import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineSplitter } from './line-splitter.ts'

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
  ['without an end', [Buffer.from('short\n'), Buffer.from('12345678901')]],
] as const)('an overlong line %s stops the reading, reported once', ([, chunks]) => {
  expect(split([...chunks], 10)).toEqual({ lines: ['short'], overlong: 1 })
})

test('a line of exactly the limit passes', () => {
  expect(split([Buffer.from('1234567890\n')], 10)).toEqual({ lines: ['1234567890'], overlong: 0 })
})
