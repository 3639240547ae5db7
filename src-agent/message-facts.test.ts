import { expect, test } from 'vitest'
import { readMessageFacts } from './message-facts.ts'

const facts = (text: string) => readMessageFacts(new TextEncoder().encode(text))

test.for([
  [
    'request',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"progressToken":"p"}}}',
    { kind: 'request', method: 'tools/call', id: 1, key: 'n:1', progress: 's:p' },
  ],
  [
    'stateless request',
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}',
    { kind: 'request', revision: '2026-07-28', missing: ['io.modelcontextprotocol/clientCapabilities'] },
  ],
  [
    'notification of a subscription',
    '{"jsonrpc":"2.0","method":"x","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":7}}}',
    { kind: 'notification', subscription: 'n:7' },
  ],
  ['request with a string id', '{"jsonrpc":"2.0","id":"1","method":"ping"}', { kind: 'request', method: 'ping', id: '1', key: 's:1' }],
  ['request with id 0', '{"jsonrpc":"2.0","id":0,"method":"ping"}', { kind: 'request', method: 'ping', id: 0, key: 'n:0' }],
  ['notification', '{"jsonrpc":"2.0","method":"notifications/initialized"}', { kind: 'notification', method: 'notifications/initialized' }],
  [
    'progress',
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":0,"progress":1}}',
    { kind: 'notification', method: 'notifications/progress', progress: 'n:0' },
  ],
  [
    'cancellation',
    '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}',
    { kind: 'notification', method: 'notifications/cancelled', cancels: 's:a' },
  ],
  ['result', '{"jsonrpc":"2.0","id":"x","result":{}}', { kind: 'response', key: 's:x', failed: false, code: undefined }],
  ['error', '{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"m"}}', { kind: 'response', key: 'n:2', failed: true, code: 1 }],
])('%s', ([, text, expected]) => {
  expect(facts(text as string)).toEqual(expect.objectContaining(expected as object))
})

test.for([
  ['no JSON', 'Listening on port 3000'],
  ['an empty line', ''],
  ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]'],
  ['another version', '{"jsonrpc":"1.0","id":1,"method":"ping"}'],
  ['a null id', '{"jsonrpc":"2.0","id":null,"method":"ping"}'],
  ['a response to nobody', '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}'],
  ['result and error at once', '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}'],
  ['neither result nor error', '{"jsonrpc":"2.0","id":1}'],
  ['a method that is no string', '{"jsonrpc":"2.0","id":1,"method":3,"result":{}}'],
  ['a primitive', '3'],
])('refuses %s', ([, text]) => {
  expect(facts(text as string)).toBeUndefined()
})
