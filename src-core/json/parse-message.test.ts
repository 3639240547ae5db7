import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { parseMessage } from './parse-message.ts'

const limits = { maxBytes: 1000, maxDepth: 20 }
const parse = (text: string) => parseMessage(Buffer.from(text), limits)

describe('a message', () => {
  test('a tools/call gives tool, arguments and where they stand in the bytes', () => {
    const text =
      '{"jsonrpc":"2.0","id":"é","method":"tools/call","params":{"name":"q","x":{"arguments":1},"arguments": {"sql":"ü"} ,"_meta":{"progressToken":7}}}'
    const bytes = Buffer.from(text)
    const result = parseMessage(bytes, limits)
    if (!result.ok) throw new Error(result.code)
    expect(result.message).toMatchObject({
      kind: 'request',
      id: 'é',
      method: 'tools/call',
      tool: 'q',
      args: { sql: 'ü' },
      progressToken: 7,
    })
    const { start, end } = result.message.argumentsSpan!
    expect(bytes.subarray(start, end).toString()).toBe('{"sql":"ü"}')
  })

  test.for([
    ['a notification', '{"jsonrpc":"2.0","method":"ping"}', 'notification'],
    ['a result', '{"jsonrpc":"2.0","id":1,"result":{}}', 'response'],
    ['an error', '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}', 'response'],
  ] as const)('%s', ([, text, kind]) => {
    const result = parse(text)
    expect(result.ok && result.message.kind).toBe(kind)
  })

  test.for([
    ['broken syntax', '{"jsonrpc":', 'MESSAGE_NOT_JSON'],
    ['an empty body', '', 'MESSAGE_NOT_JSON'],
    ['a batch', '[{"jsonrpc":"2.0","method":"ping"}]', 'MESSAGE_BATCH'],
    ['another version', '{"jsonrpc":"1.0","method":"ping"}', 'MESSAGE_NOT_JSONRPC'],
    ['no method', '{"jsonrpc":"2.0"}', 'MESSAGE_NOT_JSONRPC'],
    ['method and result', '{"jsonrpc":"2.0","id":1,"method":"a","result":1}', 'MESSAGE_NOT_JSONRPC'],
    ['params as an array', '{"jsonrpc":"2.0","id":1,"method":"a","params":[]}', 'MESSAGE_NOT_JSONRPC'],
    ['a null id', '{"jsonrpc":"2.0","id":null,"method":"a"}', 'MESSAGE_NOT_JSONRPC'],
    ['a name twice', '{"jsonrpc":"2.0","id":1,"method":"a","params":{"a":1,"\\u0061":2}}', 'MESSAGE_DUPLICATE_KEY'],
    ['the method twice', '{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}', 'MESSAGE_DUPLICATE_KEY'],
    ['a number that loses digits', '{"jsonrpc":"2.0","id":1,"method":"a","params":{"n":9007199254740993}}', 'MESSAGE_NUMBER_UNSAFE'],
    ['a number that overflows', '{"jsonrpc":"2.0","id":1,"method":"a","params":{"n":1e999}}', 'MESSAGE_NUMBER_UNSAFE'],
    ['deep nesting', `{"jsonrpc":"2.0","id":1,"method":"a","params":{"n":${'['.repeat(30)}${']'.repeat(30)}}}`, 'MESSAGE_TOO_DEEP'],
    ['too many bytes', `{"jsonrpc":"2.0","method":"a","params":{"n":"${'x'.repeat(2000)}"}}`, 'BODY_TOO_LARGE'],
  ] as const)('is refused with %s', ([, text, code]) => {
    expect(parse(text)).toMatchObject({ ok: false, code })
  })

  test('invalid UTF-8 is refused', () => {
    expect(parseMessage(Buffer.from([0x7b, 0xff, 0x7d]), limits)).toMatchObject({ ok: false, code: 'MESSAGE_NOT_JSON' })
  })

  test.for([
    ['a number', '{"jsonrpc":"2.0","id":1,"result":{"card":4000000000000000006}}', 41],
    ['a key', '{"jsonrpc":"2.0","id":1,"result":{"a@example.com":1,"a@example.com":2}}', 52],
  ] as const)('a refusal for %s says where, and nothing of the content', ([, text, at]) => {
    const parsed = parse(text)
    expect(parsed).toMatchObject({ ok: false, data: { at } })
    expect(JSON.stringify(parsed)).not.toMatch(/4000000|example/)
  })

  test('a name twice in different objects is fine', () => {
    expect(parse('{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":{"a":1},"y":{"a":1},"z":[{"a":1},{"a":2}]}}').ok).toBe(true)
  })

  test('any JSON in the arguments comes out as it is, and no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x', arguments: value } }))
        const result = parseMessage(bytes, { maxBytes: 1e6, maxDepth: 50 })
        if (!result.ok) return result.code === 'MESSAGE_NUMBER_UNSAFE'
        const span = result.message.argumentsSpan!
        return bytes.subarray(span.start, span.end).toString() === JSON.stringify(value)
      }),
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseMessage(bytes, limits)))
  })
})
