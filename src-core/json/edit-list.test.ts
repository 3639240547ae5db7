import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editList } from './edit-list.ts'

const cut = (text: string, ...drop: number[]) => editList(text, { list: 'tools', drop: new Set(drop) }, 100)
const makePrivate = (text: string) => editList(text, { list: 'tools', drop: new Set(), set: { name: 'cacheScope', value: 'private' } }, 100)

describe('elements are cut out of the text as it was sent', () => {
  const text =
    '{"id":1, "result" : {"tools": [ {"name":"a"} ,\t{"name":"b","x":[{"tools":[1,2]}]},\n {"name":"c"} ] ,"nextCursor":"n"},"jsonrpc":"2.0"}'
  test.for<[string, number[], string]>([
    ['none', [], text],
    ['the first', [0], text.replace('{"name":"a"} ,\t', '')],
    ['the middle', [1], text.replace('{"name":"b","x":[{"tools":[1,2]}]},\n ', '')],
    ['the last', [2], text.replace(',\n {"name":"c"}', '')],
    ['the last two', [1, 2], text.replace(' ,\t{"name":"b","x":[{"tools":[1,2]}]},\n {"name":"c"}', '')],
    ['first and last', [0, 2], text.replace('{"name":"a"} ,\t', '').replace(',\n {"name":"c"}', '')],
    ['all', [0, 1, 2], text.replace(/\[ \{"name":"a"[\s\S]*"c"\} \]/, '[  ]')],
  ])('%s', ([, drop, expected]) => {
    expect(cut(text, ...drop)).toBe(expected)
  })

  test('a list elsewhere in the message is another list', () => {
    const elsewhere = '{"tools":[1],"result":{"_meta":{"tools":[1,2]},"structured":[{"tools":[3]}]}}'
    expect(cut(elsewhere, 0)).toBe(elsewhere)
    expect(cut('{"result":[{"tools":[1]}]}', 0)).toBe('{"result":[{"tools":[1]}]}')
  })

  test('what stays of any list is what JSON.parse says, in its order', () => {
    const spaced = fc.constantFrom('', ' ', '\n', '\t ')
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.jsonValue({ maxDepth: 3 }), spaced, spaced)), fc.array(fc.nat(8)), (items, drop) => {
        const list = items.map(([value, before, after]) => `${before}${JSON.stringify(value)}${after}`).join(',')
        const before = `{"jsonrpc":"2.0","id":"é","result":{"a":{"tools":[0]},"tools":[${list}],"z":1}}`
        const dropped = new Set(drop)
        const after = JSON.parse(editList(before, { list: 'tools', drop: dropped }, 100)) as { result: { tools: unknown[] } }
        const expected = JSON.parse(before) as { result: { tools: unknown[] } }
        expected.result.tools = expected.result.tools.filter((_, index) => !dropped.has(index))
        expect(after).toEqual(expected)
      }),
    )
  })
})

describe('a member of the result is set', () => {
  test.for([
    ['it is so already', '{"result":{"tools":[],"cacheScope":"private"}}', '{"result":{"tools":[],"cacheScope":"private"}}'],
    [
      'it is another',
      '{"result":{"tools":[], "cacheScope" : "public" ,"ttlMs":1}}',
      '{"result":{"tools":[], "cacheScope" : "private" ,"ttlMs":1}}',
    ],
    ['it is no text', '{"result":{"cacheScope":{"a":["public"]},"tools":[]}}', '{"result":{"cacheScope":"private","tools":[]}}'],
    ['it is absent', '{"result":{ "tools":[]}}', '{"result":{"cacheScope":"private", "tools":[]}}'],
    ['the result is empty', '{"result":{}}', '{"result":{"cacheScope":"private"}}'],
    [
      'it stands elsewhere only',
      '{"result":{"_meta":{"cacheScope":"public"}}}',
      '{"result":{"cacheScope":"private","_meta":{"cacheScope":"public"}}}',
    ],
    ['there is no result', '{"error":{"cacheScope":"public"}}', '{"error":{"cacheScope":"public"}}'],
    ['the result is no object', '{"result":["cacheScope"]}', '{"result":["cacheScope"]}'],
  ] as const)('%s', ([, before, after]) => {
    expect(makePrivate(before)).toBe(after)
  })

  test('together with cuts, before and behind them', () => {
    const edit = { list: 'tools', drop: new Set([0]), set: { name: 'cacheScope', value: 'private' } }
    expect(editList('{"result":{"cacheScope":"public","tools":[1,2]}}', edit, 9)).toBe('{"result":{"cacheScope":"private","tools":[2]}}')
    expect(editList('{"result":{"tools":[1,2],"cacheScope":"public"}}', edit, 9)).toBe('{"result":{"tools":[2],"cacheScope":"private"}}')
  })
})
