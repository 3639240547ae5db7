import { describe, expect, test } from 'vitest'
import { loadMasking } from '../../src-core/masking/load-masking.ts'
import { frameType } from '../../src-protocol/tunnel.ts'
import {
  answer,
  bytesOf,
  call,
  delivered,
  end,
  failures,
  forwarded,
  head,
  open,
  ports,
  records,
  result,
  session,
  settled,
  stream,
  useExchange,
} from './open-exchange.fixture.ts'

useExchange()

describe('record before deliver', () => {
  test('a request does not go on before its record is durable', async () => {
    open(call(1))
    await settled()
    expect(records.map(({ record }) => record.kind)).toEqual(['request'])
    expect(forwarded).toEqual([])
    await records[0]?.durable()
    expect(forwarded.map(({ body }) => body)).toEqual([call(1)])
  })

  test('a request whose record is lost never goes on; its session ends and its client is told', async () => {
    open(call(1))
    await records[0]?.lost()
    expect(forwarded).toEqual([])
    expect(failures).toHaveLength(1)
    expect(delivered.join()).toContain('SESSION_ENDED')
  })

  test('an answer is not delivered before its record is durable', async () => {
    open(call(1))
    await records[0]?.durable()
    answer(result(1))
    await settled()
    expect(delivered).toEqual(['head 200'])
    await records[1]?.durable()
    expect(delivered).toEqual(['head 200', result(1), 'end'])
  })

  test('an event without data says something by its id: it is recorded first, too', async () => {
    open('', { method: 'GET' })
    forwarded[0]?.answer({ type: frameType.head, exchange: 1, head: { status: 200, headers: { 'content-type': 'text/event-stream' } } })
    forwarded[0]?.answer({ type: frameType.message, exchange: 1, head: { id: 'all-that-nobody-should-know' }, body: bytesOf('') })
    await settled()
    expect(delivered).toEqual(['head 200'])
    expect(records[0]?.record).toMatchObject({ direction: 'server', method: 'event', sse: { id: 'all-that-nobody-should-know' }, body: '' })
    await records[0]?.durable()
    expect(delivered).toEqual(['head 200', ''])
  })

  test('what a client says where its stream shall go on is recorded before it goes on, masked, and has a length', async () => {
    const lastEventId = 'run 4111111111111111'
    open('', { method: 'GET', headers: { 'last-event-id': lastEventId } })
    expect(forwarded).toEqual([])
    expect(records[0]?.record).toMatchObject({ direction: 'client', method: 'GET', sse: { id: 'run [MASKED:card]' } })
    await records[0]?.durable()
    expect(forwarded[0]?.head.headers).toEqual({ 'last-event-id': lastEventId })
    open('', { method: 'GET', headers: { 'last-event-id': 'x'.repeat(1025) } })
    await records[1]?.durable()
    expect(forwarded[1]?.head.headers).toEqual({})
  })

  test('headers of an answer carry nothing that is neither recorded nor searched', async () => {
    const heads: Record<string, string>[] = []
    stream.head = (_status, headers) => void heads.push(headers)
    const answerWith = async (headers: Record<string, string>) => {
      open('', { method: 'GET' })
      forwarded.at(-1)?.answer({ type: frameType.head, exchange: 1, head: { status: 200, headers } })
      await settled()
    }
    const plain = { 'content-type': 'text/event-stream', allow: 'GET, POST', 'mcp-protocol-version': '2025-11-25' }
    await answerWith(plain)
    await answerWith({ ...plain, 'content-type': 'Text/Event-Stream; charset=utf-7', 'x-more': 'y' })
    await answerWith({ 'content-type': 'text/4111111111111111', allow: '4111111111111111', 'mcp-protocol-version': '4111111111111111' })
    expect(heads).toEqual([plain, plain, {}])
  })

  test('an answer whose record is lost is never delivered', async () => {
    open(call(1))
    await records[0]?.durable()
    answer(result(1))
    await records[1]?.lost()
    expect(delivered).not.toContain(result(1))
    expect(failures).toHaveLength(1)
  })

  test('a list of tools is not delivered before what it showed is noted', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { saw } = ports.tools
    ports.tools = { ...ports.tools, saw: (sighting) => Promise.all([saw(sighting), promise]).then(() => undefined) }
    const list = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools: [{ name: 'echo' }, { name: 'never' }] } })
    open('{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
    await records[0]?.durable()
    answer(list)
    await records[1]?.durable()
    expect(delivered).toEqual(['head 200'])
    resolve()
    await settled()
    expect(delivered[1]).toBe('{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"echo"}]}}')
    expect(records[1]?.record).toMatchObject({ body: delivered[1], leftOut: [{ name: 'never', why: 'policy' }] })
  })

  test('a list that is nearly all left out names so many in its record, and counts the rest', async () => {
    open('{"jsonrpc":"2.0","id":1,"method":"prompts/list"}')
    await records[0]?.durable()
    const prompts = Array.from({ length: 3000 }, (_, index) => ({ name: `p${index}` }))
    answer(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { prompts } }))
    await records[1]?.durable()
    expect(delivered[1]).toBe('{"jsonrpc":"2.0","id":1,"result":{"prompts":[]}}')
    expect(records[1]?.record).toMatchObject({ leftOutMore: 500 })
  })

  test('nobody is exempt from masking in a list: its client is shown what the gateway knows of it', async () => {
    const exempting = loadMasking(
      'version: 1\nrules:\n  - { id: cards, detect: [card], exempt: { groups: [dba], because: They may. }, because: Secret. }\n',
    )
    if (!exempting.ok) throw new Error('the document is not valid')
    const { policy } = ports.inForce()
    ports.inForce = () => ({ policy, masking: exempting.masking })
    session.person = { ...session.person, groups: ['dba'] }
    open('{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
    await records[0]?.durable()
    answer('{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"echo","description":"for 4111111111111111"}]}}')
    await records[1]?.durable()
    expect(delivered[1]).toBe('{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"echo","description":"for [MASKED:card]"}]}}')
    expect(records[1]?.record).not.toHaveProperty('exempted')
  })

  test('a list of tools on a stream that did not ask for it is the same list', async () => {
    open('', { method: 'GET' })
    answer('{"jsonrpc":"2.0","id":7,"result":{"tools":[{"name":"echo"},{"name":"never"}]}}')
    await records[0]?.durable()
    expect(delivered[1]).toBe('{"jsonrpc":"2.0","id":7,"result":{"tools":[{"name":"echo"}]}}')
  })

  test('what a large result asks of the client is decided about, too', async () => {
    open(call(1))
    await records[0]?.durable()
    const inputRequests = { a: { method: 'evil/method', params: { padding: 'x'.repeat(300 * 1024) } } }
    answer(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { resultType: 'input_required', inputRequests } }))
    await settled()
    await records[1]?.durable()
    await records[2]?.durable()
    expect(records[1]?.record).toMatchObject({ decision: { effect: 'deny' } })
    expect(delivered.join()).toContain('The server asked for input that is denied')
    expect(delivered.join()).not.toContain('inputRequests')
  })

  test.for([
    ['as it is', 'eyJhbGciOi.state', true],
    ['not at all, if masking would change it', 'card 4111111111111111', false],
    ['not at all, if masking would change what it holds as JSON', '{"card":"4111111111111111"}', false],
  ] as const)('the state that a stateless server hands out goes on %s', async ([, requestState, whole]) => {
    open(call(1))
    await records[0]?.durable()
    const asked = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { resultType: 'input_required', inputRequests: {}, requestState } })
    answer(asked)
    await records[1]?.durable()
    await records[2]?.durable()
    if (whole) expect(delivered[1]).toBe(asked)
    else expect(delivered.join()).toContain('MESSAGE_UNMASKABLE')
    expect(delivered.join()).not.toMatch(/4111|MASKED:card/)
  })

  test('a large list on a stream that did not ask for it is withheld', async () => {
    open('', { method: 'GET' })
    answer(JSON.stringify({ jsonrpc: '2.0', id: 7, result: { tools: [{ name: 'echo', description: 'x'.repeat(300 * 1024) }] } }))
    await settled()
    await records[0]?.durable()
    expect(records[0]?.record).toMatchObject({ kind: 'error', code: 'MESSAGE_UNMASKABLE' })
    expect(delivered.join()).not.toContain('xxx')
  })

  test('a denial, too, is recorded before it is delivered', async () => {
    open(call(1, 'unknown'))
    await records[0]?.durable()
    await settled()
    expect(delivered).toEqual([])
    await records[1]?.durable()
    expect(delivered).toHaveLength(3)
    expect(forwarded).toEqual([])
  })

  test('a later event does not overtake an earlier one, though its record is durable first', async () => {
    open(call(1))
    await records[0]?.durable()
    const note = (n: number) => JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { n } })
    for (const n of [1, 2]) forwarded[0]?.answer({ type: frameType.message, exchange: 1, head: {}, body: bytesOf(note(n)) })
    await records[2]?.durable()
    expect(delivered).toEqual([])
    await records[1]?.durable()
    expect(delivered).toEqual([note(1), note(2)])
  })

  test('exchanges do not wait for each other’s records', async () => {
    open(call(1))
    open(call(2))
    await records[1]?.durable()
    expect(forwarded.map(({ body }) => body)).toEqual([call(2)])
  })

  test('the end of an MCP session goes on after its record', async () => {
    open('', { method: 'DELETE' })
    await settled()
    expect(forwarded).toEqual([])
    await records[0]?.durable()
    expect(forwarded).toHaveLength(1)
  })
})

describe('once the session has ended', () => {
  test('a request that waited for its record does not go on', async () => {
    open(call(1))
    end(session)
    await records[0]?.durable()
    expect(forwarded).toEqual([])
  })

  test('neither does the end of an MCP session', async () => {
    open('', { method: 'DELETE' })
    end(session)
    await records[0]?.durable()
    expect(forwarded).toEqual([])
  })

  test('an answer that waited for its record is dropped; the client learned of the end at once', async () => {
    open(call(1))
    await records[0]?.durable()
    answer(result(1))
    end(session)
    expect(delivered.at(-1)).toBe('end')
    expect(delivered.join()).toContain('SESSION_ENDED')
    await records[1]?.durable()
    expect(delivered).not.toContain(result(1))
    expect(forwarded[0]?.aborted).toBe(true)
  })
})

test('a stateless client that leaves while its request is being recorded has cancelled it; a stateful one has not', async () => {
  for (const [index, version] of ['2026-07-28', '2025-11-25'].entries()) {
    const leave = open(call(index), { headers: { ...head.headers, 'mcp-protocol-version': version } })
    stream.gone = true
    leave()
    await records.at(-1)?.durable()
    stream.gone = false
  }
  expect(forwarded.map(({ body }) => body)).toEqual([call(1)])
  // and the recording says why no answer follows
  expect(records.map(({ record }) => [record.kind, 'code' in record && record.code])).toEqual([
    ['request', false],
    ['error', 'CALL_CANCELLED'],
    ['request', false],
  ])
})

test('a stateless client that leaves while its call runs has cancelled it, and the recording says so', async () => {
  const leave = open(call(1), { headers: { ...head.headers, 'mcp-protocol-version': '2026-07-28' } })
  await records[0]?.durable()
  stream.gone = true
  leave()
  expect(forwarded[0]?.aborted).toBe(true)
  expect(records[1]?.record).toMatchObject({ kind: 'error', exchange: 1, code: 'CALL_CANCELLED', method: 'tools/call', tool: 'echo' })
})

test('a call that runs when the session ends is recorded as cut', async () => {
  open(call(1))
  await records[0]?.durable()
  end(session)
  expect(delivered.join()).toContain('SESSION_ENDED')
  expect(records[1]?.record).toMatchObject({ kind: 'error', exchange: 1, code: 'SESSION_ENDED', method: 'tools/call', tool: 'echo' })
})

test('an answer of a client that has left is recorded as such', async () => {
  const leave = open(call(1))
  await records[0]?.durable()
  stream.gone = true
  leave()
  answer(result(1))
  expect(records[1]?.record).toMatchObject({ kind: 'response', delivered: false })
  expect(forwarded[0]?.aborted).toBe(false)
})

test('a stream that only listens is closed at the server when its client leaves', () => {
  const leave = open('', { method: 'GET' })
  leave()
  expect(forwarded[0]?.aborted).toBe(true)
})
