import { describe, expect, test } from 'vitest'
import { parseMessage } from '../../src-core/json/parse-message.ts'
import { headerProblem, verifiedParams } from './header-check.ts'
import { mirroredArguments } from '../../src-core/mcp/mirrored-arguments.ts'

const claim = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} }
const schema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    count: { type: 'integer', 'x-mcp-header': 'Count' },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
    where: { type: 'object', properties: { city: { type: 'string', 'x-mcp-header': 'City' } } },
    list: { type: 'array', items: { type: 'string', 'x-mcp-header': 'Lost' } },
    bad: { type: 'string', 'x-mcp-header': 'a b' },
  },
}
const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`

function check(headers: Record<string, string>, message: object): string {
  const parsed = parseMessage(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message })), { maxBytes: 10_000, maxDepth: 20 })
  if (!parsed.ok) throw new Error(parsed.code)
  const problem = headerProblem(headers, parsed.message, mirroredArguments(schema))
  return problem ? `${problem.code} ${problem.data['header']}` : 'good'
}
const stateful = (method: string, params: object = {}) => ({ id: 1, method, params })
const stateless = (method: string, params: object = {}) => ({ id: 1, method, params: { ...params, _meta: claim } })
const all = (method: string, name?: string) => ({
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': method,
  ...(name !== undefined && { 'mcp-name': name }),
})

describe('headers that repeat the body', () => {
  test.for<[string, Record<string, string>, object, string]>([
    ['nothing to compare', {}, stateful('tools/call', { name: 'a' }), 'good'],
    ['the method', { 'mcp-method': 'tools/list' }, stateful('tools/call', { name: 'a' }), 'HEADER_MISMATCH Mcp-Method'],
    ['JSON', { 'content-type': 'application/json' }, stateful('x'), 'good'],
    ['JSON in UTF-8', { 'content-type': 'Application/JSON; charset="UTF-8"' }, stateful('x'), 'good'],
    ['JSON in UTF-7', { 'content-type': 'application/json; charset=utf-7' }, stateful('x'), 'CONTENT_TYPE_REFUSED undefined'],
    ['two encodings', { 'content-type': 'application/json;charset=utf-8;charset=utf-16' }, stateful('x'), 'CONTENT_TYPE_REFUSED undefined'],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, stateful('x'), 'CONTENT_TYPE_REFUSED undefined'],
    ['the name', { 'mcp-name': 'b' }, stateful('tools/call', { name: 'a' }), 'HEADER_MISMATCH Mcp-Name'],
    ['the name, encoded', { 'mcp-name': base64('ü') }, stateful('tools/call', { name: 'ü' }), 'good'],
    ['another name, encoded', { 'mcp-name': base64('b') }, stateful('tools/call', { name: 'a' }), 'HEADER_MISMATCH Mcp-Name'],
    ['a name that is no Base64', { 'mcp-name': '=?base64?a$?=' }, stateful('tools/call', { name: 'a' }), 'HEADER_MISMATCH Mcp-Name'],
    ['a name that is no UTF-8', { 'mcp-name': '=?base64?/w==?=' }, stateful('tools/call', { name: '\ufffd' }), 'HEADER_MISMATCH Mcp-Name'],
    ['a uri', { 'mcp-name': 'b://' }, stateful('resources/read', { uri: 'a://' }), 'HEADER_MISMATCH Mcp-Name'],
    ['a task', { 'mcp-name': '2' }, stateful('tasks/cancel', { taskId: '1' }), 'HEADER_MISMATCH Mcp-Name'],
    ['all of a stateless request', all('tools/call', 'a'), stateless('tools/call', { name: 'a' }), 'good'],
    ['the revision', { ...all('x'), 'mcp-protocol-version': '2025-11-25' }, stateless('x'), 'HEADER_MISMATCH MCP-Protocol-Version'],
    ['no revision', { 'mcp-method': 'x' }, stateless('x'), 'HEADER_MISSING MCP-Protocol-Version'],
    ['no method', { 'mcp-protocol-version': '2026-07-28' }, stateless('x'), 'HEADER_MISSING Mcp-Method'],
    ['no name', all('tools/call'), stateless('tools/call', { name: 'a' }), 'HEADER_MISSING Mcp-Name'],
    ['a notification need not repeat anything', {}, { method: 'n', params: { _meta: claim } }, 'good'],
    ['a claim that is not complete is the server’s to judge', all('x'), stateful('x'), 'good'],
  ])('%s', ([, headers, message, expected]) => {
    expect(check(headers, message)).toBe(expected)
  })

  const call = (args: object) => stateless('tools/call', { name: 'a', arguments: args })
  const headers = (more: Record<string, string>) => ({ ...all('tools/call', 'a'), ...more })
  test.for<[string, Record<string, string>, object, string]>([
    ['the same', { 'mcp-param-region': 'eu' }, { region: 'eu' }, 'good'],
    ['encoded', { 'mcp-param-region': base64('ü') }, { region: 'ü' }, 'good'],
    ['another', { 'mcp-param-region': 'us' }, { region: 'eu' }, 'HEADER_MISMATCH Mcp-Param-Region'],
    ['another, encoded', { 'mcp-param-region': base64('us') }, { region: 'eu' }, 'HEADER_MISMATCH Mcp-Param-Region'],
    ['missing', {}, { region: 'eu' }, 'HEADER_MISSING Mcp-Param-Region'],
    ['a header without its argument', { 'mcp-param-region': 'eu' }, {}, 'good'],
    ['a number', { 'mcp-param-count': '42.0' }, { count: 42 }, 'good'],
    ['another number', { 'mcp-param-count': '43' }, { count: 42 }, 'HEADER_MISMATCH Mcp-Param-Count'],
    ['no number', { 'mcp-param-count': '0x2a' }, { count: 42 }, 'HEADER_MISMATCH Mcp-Param-Count'],
    ['a truth value', { 'mcp-param-dry': 'false' }, { dry: true }, 'HEADER_MISMATCH Mcp-Param-Dry'],
    ['nested', { 'mcp-param-city': 'Rome' }, { where: { city: 'Oslo' } }, 'HEADER_MISMATCH Mcp-Param-City'],
    ['what cannot be mirrored', {}, { list: ['x'], bad: 'x' }, 'good'],
  ])('an argument: %s', ([, more, args, expected]) => {
    expect(check(headers(more), call(args))).toBe(expected)
  })
  test('only headers of arguments that are there are verified', () => {
    const parsed = parseMessage(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...call({ region: 'eu', where: {}, count: null }) })), {
      maxBytes: 10_000,
      maxDepth: 20,
    })
    if (!parsed.ok) throw new Error(parsed.code)
    expect([...verifiedParams(parsed.message, mirroredArguments(schema))]).toEqual(['mcp-param-region'])
    expect([...verifiedParams({ ...parsed.message, method: 'prompts/get' }, mirroredArguments(schema))]).toEqual([])
  })
  test('a stateful client that mirrors must mirror right, and need not', () => {
    const message = stateful('tools/call', { name: 'a', arguments: { region: 'eu' } })
    expect(check({}, message)).toBe('good')
    expect(check({ 'mcp-param-region': 'us' }, message)).toBe('HEADER_MISMATCH Mcp-Param-Region')
  })
})
