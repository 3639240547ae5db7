import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTopLevelScan } from './top-level-scan.ts'

const wanted = new Set(['id', 'method'])

function scan(text: string, size = text.length) {
  const scanned = createTopLevelScan(wanted)
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) scanned.push(bytes.subarray(at, at + size))
  return scanned
}

test('however the text is cut, it says what JSON.parse says', () => {
  const value = fc.jsonValue()
  const member = fc.oneof(fc.constantFrom('id', 'method', 'result', 'error'), fc.string({ unit: 'grapheme' }))
  fc.assert(
    fc.property(fc.dictionary(member, value), fc.integer({ min: 1, max: 40 }), fc.constantFrom(undefined, 2), (object, size, indent) => {
      const text = JSON.stringify(object, undefined, indent)
      const parsed = JSON.parse(text) as Record<string, unknown>
      const scanned = scan(text, size)
      expect(scanned.complete).toBe(true)
      for (const name of Object.keys(parsed)) expect(scanned.has(name)).toBe(true)
      for (const name of wanted) {
        const short = name in parsed && JSON.stringify(parsed[name], undefined, indent).length < 200
        if (short) expect(scanned.value(name)).toEqual(parsed[name])
        expect(scanned.has(name)).toBe(name in parsed)
      }
    }),
  )
})

test.for([
  ['an id inside the result is not the id', String.raw`{"result":{"id":7,"text":"\",\"id\":8}"},"jsonrpc":"2.0","id":1}`, 1],
  ['escapes in a name', String.raw`{"\u0069d":"a"}`, 'a'],
  ['of two, the last', '{"id":1,"id":2}', 2],
] as const)('%s', ([, text, id]) => {
  for (let size = 1; size < text.length; size += 1) expect(scan(text, size).value('id')).toBe(id)
})

test('a value that is too long to be kept is there and not known', () => {
  const scanned = scan(JSON.stringify({ id: 'x'.repeat(5000), method: 'm' }), 100)
  expect([scanned.has('id'), scanned.value('id'), scanned.value('method')]).toEqual([true, undefined, 'm'])
})

test.for(['{"id":1', '[{"id":1}]', '{"id":1} {"id":2}', '"id"', '{"id":1}x', '', '{"id":"a'])('%s is not one whole object', (text) => {
  expect(scan(text).complete).toBe(false)
})
