import type { JsonObject } from '../../src-core/json/json-value.ts'

const call = (rest: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${rest}}`

/** Raw bytes that two parsers could read differently, or that are no single message: refused before anybody decides. */
export const messageAttempts: [name: string, bytes: string | Uint8Array, code: string][] = [
  ['a tool name twice', call('{"name":"read","name":"drop","arguments":{}}'), 'MESSAGE_DUPLICATE_KEY'],
  ['a tool name twice, once escaped', call('{"name":"read","n\\u0061me":"drop","arguments":{}}'), 'MESSAGE_DUPLICATE_KEY'],
  ['the arguments twice', call('{"name":"q","arguments":{"sql":"SELECT 1"},"arguments":{"sql":"DROP TABLE t"}}'), 'MESSAGE_DUPLICATE_KEY'],
  ['an argument twice', call('{"name":"q","arguments":{"sql":"SELECT 1","sql":"DROP TABLE t"}}'), 'MESSAGE_DUPLICATE_KEY'],
  ['an argument twice, deep inside', call('{"name":"q","arguments":{"a":[{"b":{"c":1,"c":2}}]}}'), 'MESSAGE_DUPLICATE_KEY'],
  ['the method twice', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"q"}}', 'MESSAGE_DUPLICATE_KEY'],
  ['__proto__ twice', call('{"name":"q","arguments":{"__proto__":1,"__proto__":2}}'), 'MESSAGE_DUPLICATE_KEY'],
  ['a tool name twice, once in capitals', call('{"name":"read","Name":"drop","arguments":{}}'), 'MESSAGE_NOT_JSONRPC'],
  ['the arguments twice, once in capitals', call('{"name":"q","arguments":{},"ARGUMENTS":{"sql":"DROP TABLE t"}}'), 'MESSAGE_NOT_JSONRPC'],
  ['arguments with a long s', call('{"name":"q","argument\u017f":{"sql":"DROP TABLE t"}}'), 'MESSAGE_NOT_JSONRPC'],
  ['a tool name in capitals alone', call('{"Name":"drop"}'), 'MESSAGE_NOT_JSONRPC'],
  ['a method in capitals behind another', '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}', 'MESSAGE_NOT_JSONRPC'],
  ['parameters with a long s', '{"jsonrpc":"2.0","id":1,"method":"ping","param\u017f":{"name":"drop"}}', 'MESSAGE_NOT_JSONRPC'],
  ['a URI in capitals', '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a://","URI":"b://"}}', 'MESSAGE_NOT_JSONRPC'],
  ['a request in an answer', '{"jsonrpc":"2.0","id":1,"result":{},"Method":"sampling/createMessage"}', 'MESSAGE_NOT_JSONRPC'],
  ['a second content in an answer', '{"jsonrpc":"2.0","id":1,"result":{"content":[],"Content":[{"type":"image"}]}}', 'MESSAGE_NOT_JSONRPC'],
  ['a second list in an answer', '{"jsonrpc":"2.0","id":1,"result":{"tools":[],"Tools":[{"name":"drop"}]}}', 'MESSAGE_NOT_JSONRPC'],
  ['a tool name that fills the memory', call(`{"name":"${'q'.repeat(2000)}"}`), 'MESSAGE_NOT_JSONRPC'],
  ['a method that fills the memory', `{"jsonrpc":"2.0","id":1,"method":"${'q'.repeat(2000)}"}`, 'MESSAGE_NOT_JSONRPC'],
  ['an id that fills the memory', `{"jsonrpc":"2.0","id":"${'1'.repeat(2000)}","method":"ping"}`, 'MESSAGE_NOT_JSONRPC'],
  ['a progress token that fills the memory', call(`{"name":"q","_meta":{"progressToken":"${'1'.repeat(2000)}"}}`), 'MESSAGE_NOT_JSONRPC'],
  ['an integer that rounds', call('{"name":"q","arguments":{"id":9007199254740993}}'), 'MESSAGE_NUMBER_UNSAFE'],
  ['a number that overflows', call('{"name":"q","arguments":{"id":1e400}}'), 'MESSAGE_NUMBER_UNSAFE'],
  ['an id that rounds', '{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}', 'MESSAGE_NUMBER_UNSAFE'],
  ['a batch', `[${call('{"name":"q"}')},${call('{"name":"drop"}')}]`, 'MESSAGE_BATCH'],
  ['an empty batch', '[]', 'MESSAGE_BATCH'],
  ['two messages', `${call('{"name":"q"}')}${call('{"name":"drop"}')}`, 'MESSAGE_NOT_JSON'],
  ['two messages on two lines', `${call('{"name":"q"}')}\n${call('{"name":"drop"}')}`, 'MESSAGE_NOT_JSON'],
  ['a byte order mark', `\ufeff${call('{"name":"q"}')}`, 'MESSAGE_NOT_JSON'],
  ['UTF-16', new Uint8Array(Buffer.from(call('{"name":"q"}'), 'utf16le')), 'MESSAGE_NOT_JSON'],
  ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 'MESSAGE_NOT_JSON'],
  ['an overlong encoding', new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), 'MESSAGE_NOT_JSON'],
  ['a comment', '{"jsonrpc":"2.0", /* ping */ "method":"tools/call"}', 'MESSAGE_NOT_JSON'],
  ['a trailing comma', '{"jsonrpc":"2.0","method":"tools/call",}', 'MESSAGE_NOT_JSON'],
  ['NaN', call('{"name":"q","arguments":{"a":NaN}}'), 'MESSAGE_NOT_JSON'],
  ['a nesting that overflows', call(`{"name":"q","arguments":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`), 'MESSAGE_TOO_DEEP'],
  ['another version of JSON-RPC', '{"jsonrpc":"1.0","id":1,"method":"tools/call"}', 'MESSAGE_NOT_JSONRPC'],
  ['no version', '{"id":1,"method":"tools/call","params":{"name":"drop"}}', 'MESSAGE_NOT_JSONRPC'],
  ['parameters that are a list', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["drop"]}', 'MESSAGE_NOT_JSONRPC'],
  ['a method and a result', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop"},"result":{}}', 'MESSAGE_NOT_JSONRPC'],
  ['a method that is no text', '{"jsonrpc":"2.0","id":1,"method":["tools/call"]}', 'MESSAGE_NOT_JSONRPC'],
  ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{"name":"drop"}}', 'MESSAGE_NOT_JSONRPC'],
]

/** Names of tools and methods that must not pass for the ones that a rule allows. */
export const nameAttempts: [name: string, method: string, tool: string | undefined][] = [
  ['another case', 'tools/call', 'QUERY'],
  ['a space behind', 'tools/call', 'query '],
  ['a zero-width space', 'tools/call', 'que\u200bry'],
  ['a letter that looks like another', 'tools/call', 'qu\u0435ry'],
  ['full-width letters', 'tools/call', 'ｑuery'],
  ['a NUL character', 'tools/call', 'query\0'],
  ['a path', 'tools/call', '../query'],
  ['no name', 'tools/call', ''],
  ['another case of the method', 'Tools/Call', 'query'],
  ['a slash behind the method', 'tools/call/', 'query'],
  ['a method that nobody knows', 'tools/execute', 'query'],
  ['a method of an extension', 'x/run', undefined],
]

/** Arguments that a server which does not care for the case of names would read otherwise than the rules. */
export const argumentAttempts: [name: string, call: { connection: string; tool: string; args: JsonObject }][] = [
  ['an argument twice, once in capitals', { connection: 'db', tool: 'query', args: { sql: 'SELECT 1', SQL: 'DROP TABLE t' } }],
  ['a long s', { connection: 'db', tool: 'query', args: { sql: 'SELECT 1', '\u017fql': 'DROP TABLE t' } }],
  ['a path in capitals', { connection: 'files', tool: 'read_file', args: { path: '/srv/data/a', Path: '/etc/shadow' } }],
  ['an address in capitals', { connection: 'web', tool: 'fetch', args: { url: 'https://example.com/', Url: 'http://169.254.169.254/' } }],
  ['an option in capitals that may be missing', { connection: 'runner', tool: 'run', args: { Command: 'rm -rf /' } }],
  ['an option in capitals, deep inside', { connection: 'runner', tool: 'list', args: { filter: { path: '/srv/a', PATH: '/etc' } } }],
]
