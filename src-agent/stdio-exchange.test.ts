import { beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../src-protocol/app-error.ts'
import type { HeaderMap } from '../src-protocol/tunnel.ts'
import type { ExchangeReply } from './exchange-reply.ts'
import { readMessageFacts, scanMessage } from './message-facts.ts'
import { createStdioExchanges, toLine, type InitializeOptions, type StdioExchanges } from './stdio-exchange.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (view: Uint8Array) => new TextDecoder().decode(view)

let written: string[]
let frames: string[]
let dropped: string[]
let exchanges: StdioExchanges

const reply: ExchangeReply = {
  head: (x, { status, headers }) =>
    frames.push(`${x} ${[status, headers['content-type'], headers['mcp-session-id']].filter(Boolean).join(' ')}`),
  message: (x, body) => frames.push(`${x} < ${text(body)}`),
  keepAlive: (x) => frames.push(`${x} :`),
  end: (x) => frames.push(`${x} end`),
  abort: (x, error) => frames.push(`${x} abort ${error?.code}`),
}

beforeEach(() => {
  written = []
  frames = []
  dropped = []
  exchanges = createStdioExchanges({
    reply,
    writeLine: (line) => written.push(text(line)),
    onDropped: (method) => dropped.push(method),
    buffer: { messages: 3, bytes: 500 },
  })
})

function post(exchange: number, message: string, more: { headers?: HeaderMap; initialize?: InitializeOptions } = {}) {
  const body = bytes(message)
  const facts = readMessageFacts(body)
  if (!facts) throw new Error('not JSON-RPC')
  exchanges.post(exchange, { facts, body, headers: more.headers ?? {}, ...(more.initialize && { initialize: more.initialize }) })
}
const receive = (message: string) => exchanges.receive(bytes(message))
const request = (id: string | number, token?: string | number) =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: token === undefined ? {} : { _meta: { progressToken: token } } })
const result = (id: string | number) => JSON.stringify({ jsonrpc: '2.0', id, result: {} })
const progress = (token: string | number) =>
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: token } })
const log = '{"jsonrpc":"2.0","method":"notifications/message","params":{}}'
const sampling = '{"jsonrpc":"2.0","id":0,"method":"sampling/createMessage","params":{}}'

describe('the bytes of a message', () => {
  test('reach the server as they were sent', () => {
    const message = '{"id" :1, "jsonrpc":"2.0","method":"tools/call","params":{"n":9007199254740993,"é":"\\n\\u2028"} }'
    post(1, message)
    expect(written).toEqual([message])
  })
  test('are the very same array when there is nothing to change', () => {
    const body = bytes('{"jsonrpc":"2.0"}')
    expect(toLine(body)).toBe(body)
  })
  test('lose only their line breaks, each for one space', () => {
    const pretty = JSON.stringify(JSON.parse(request(1)), null, 2).replaceAll('\n', '\r\n')
    post(1, pretty)
    expect(written[0]).toHaveLength(pretty.length)
    expect(written[0]).not.toMatch(/[\r\n]/)
    expect(JSON.parse(written[0] ?? '')).toEqual(JSON.parse(pretty))
  })
  test('come back from the server as they were written', () => {
    post(1, request(1))
    const answer = '{"result":{"n":1.0,"n":9007199254740993},"id":1, "jsonrpc":"2.0"}'
    receive(answer)
    expect(frames).toContain(`1 < ${answer}`)
  })
})

describe('the head of the answer', () => {
  test('is plain JSON when the response is the first message', () => {
    post(1, request(1))
    receive(result(1))
    expect(frames).toEqual(['1 200 application/json', `1 < ${result(1)}`, '1 end'])
  })
  test('is an event stream when something comes before the response', () => {
    post(1, request(1, 'p'))
    receive(progress('p'))
    receive(result(1))
    expect(frames).toEqual(['1 200 text/event-stream', `1 < ${progress('p')}`, `1 < ${result(1)}`, '1 end'])
  })
  test('becomes an event stream when the answer takes longer, so that the client sees a sign of life', () => {
    post(1, request(1))
    exchanges.keepAlive()
    expect(frames).toEqual([])
    exchanges.keepAlive()
    exchanges.keepAlive()
    receive(result(1))
    expect(frames).toEqual(['1 200 text/event-stream', '1 :', '1 :', `1 < ${result(1)}`, '1 end'])
  })
  test.for([
    ['a notification', '{"jsonrpc":"2.0","method":"notifications/initialized"}'],
    ['a response', '{"jsonrpc":"2.0","id":0,"result":{}}'],
  ])('is 202 without a body for %s', ([, message]) => {
    post(1, message as string)
    expect(written).toEqual([message])
    expect(frames).toEqual(['1 202', '1 end'])
    expect(exchanges.open).toBe(0)
  })
})

describe('initialize', () => {
  const initialize = '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}'
  test('gives the session id in the head of its answer', () => {
    const answered: boolean[] = []
    post(1, initialize, { initialize: { mcpSession: 'abc', onAnswered: (ok) => answered.push(ok) } })
    receive(result(0))
    expect(frames[0]).toBe('1 200 application/json abc')
    expect(answered).toEqual([true])
  })
  test('gives none when the server refuses', () => {
    const answered: boolean[] = []
    post(1, initialize, { initialize: { mcpSession: 'abc', onAnswered: (ok) => answered.push(ok) } })
    receive('{"jsonrpc":"2.0","id":0,"error":{"code":-32602,"message":"unsupported"}}')
    expect(frames[0]).toBe('1 200 application/json')
    expect(answered).toEqual([false])
  })
})

describe('routing', () => {
  test('responses go by id, in whatever order they come; the number 1 is not the string "1"', () => {
    post(1, request(1))
    post(2, request('1'))
    receive(result('1'))
    receive(result(1))
    expect(frames.filter((frame) => frame.includes('<'))).toEqual([`2 < ${result('1')}`, `1 < ${result(1)}`])
  })
  test('progress goes by token; the number 0 is not the string "0"', () => {
    post(1, request(1, 0))
    post(2, request(2, '0'))
    receive(progress(0))
    receive(progress('0'))
    expect(frames.filter((frame) => frame.includes('<'))).toEqual([`1 < ${progress(0)}`, `2 < ${progress('0')}`])
  })
  test('a request of the server goes to the GET stream if there is one', () => {
    exchanges.get(9)
    post(1, request(1))
    receive(sampling)
    expect(frames).toEqual(['9 200 text/event-stream', `9 < ${sampling}`])
  })
  test('else to the request that was made last and still waits', () => {
    post(1, request(1))
    post(2, request(2))
    post(3, request(3))
    receive(result(3))
    receive(sampling)
    expect(frames.slice(3)).toEqual(['2 200 text/event-stream', `2 < ${sampling}`])
  })
  test('else it is kept for the next GET stream', () => {
    receive(log)
    receive(sampling)
    expect(frames).toEqual([])
    exchanges.get(9)
    expect(frames).toEqual(['9 200 text/event-stream', `9 < ${log}`, `9 < ${sampling}`])
    receive(log)
    expect(frames).toHaveLength(4)
  })
  test('what is kept is bounded: the oldest is dropped, and told', () => {
    for (let count = 0; count < 4; count += 1) receive(log)
    receive(JSON.stringify({ jsonrpc: '2.0', method: 'big', params: { text: 'x'.repeat(600) } }))
    expect(dropped).toEqual(['notifications/message', 'notifications/message', 'notifications/message', 'notifications/message', 'big'])
    exchanges.get(9)
    expect(frames).toEqual(['9 200 text/event-stream'])
  })
  test('what is kept does not change when the read buffer does', () => {
    const line = Buffer.from(log)
    exchanges.receive(line)
    line.fill(0)
    exchanges.get(9)
    expect(frames[1]).toBe(`9 < ${log}`)
  })
  test('a response that nobody waits for is dropped, and told', () => {
    expect(receive(result(77))).toBe(true)
    expect(frames).toEqual([])
    expect(dropped).toEqual(['response'])
  })
  test('a line that is not JSON-RPC goes nowhere', () => {
    post(1, request(1))
    expect(receive('starting server …')).toBe(false)
    expect(frames).toEqual([])
  })
})

describe('refusals', () => {
  test('an id that is still running', () => {
    post(1, request(1))
    post(2, request(1))
    expect(frames[0]).toBe('2 400 application/json')
    expect(frames[1]).toContain('"INVALID_REQUEST"')
    expect(written).toHaveLength(1)
    receive(result(1))
    post(3, request(1))
    expect(written).toHaveLength(2)
  })
  test('a second GET stream, until the first has gone', () => {
    exchanges.get(1)
    exchanges.get(2)
    expect(frames[1]).toBe('2 409 application/json')
    exchanges.abandon(1)
    exchanges.get(3)
    expect(frames.at(-1)).toBe('3 200 text/event-stream')
  })
  test('more requests than a server that answers could have running', () => {
    for (let count = 0; count < 1024; count += 1) post(count, request(count))
    expect(frames).toEqual([])
    post(2000, request(2000))
    expect(frames[0]).toBe('2000 400 application/json')
    expect(written).toHaveLength(1024)
  })
})

describe('a client that goes away', () => {
  test('does not cancel its request (stateful revisions), and its late answer goes nowhere', () => {
    post(1, request(1, 'p'))
    exchanges.abandon(1)
    expect(written).toHaveLength(1)
    receive(progress('p'))
    receive(sampling)
    receive(result(1))
    expect(frames).toEqual([])
    expect(exchanges.open).toBe(0)
  })
  test('keeps its id taken until the server has answered', () => {
    post(1, request(1))
    exchanges.abandon(1)
    post(2, request(1))
    expect(frames[0]).toBe('2 400 application/json')
    receive(result(1))
    post(3, request(1))
    receive(result(1))
    expect(frames.at(-1)).toBe('3 end')
  })
  test('cancels its request in the stateless revision', () => {
    post(1, request('a"b'), { headers: { 'mcp-protocol-version': '2026-07-28' } })
    exchanges.abandon(1)
    expect(JSON.parse(written[1] ?? '')).toMatchObject({ method: 'notifications/cancelled', params: { requestId: 'a"b' } })
  })
  test('may cancel by notification: its request ends, for the server will not answer it', () => {
    const cancelled = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}'
    post(1, request(1))
    post(2, cancelled)
    expect(written[1]).toBe(cancelled)
    expect(frames).toEqual(['1 200 text/event-stream', '1 end', '2 202', '2 end'])
    receive(result(1))
    expect(frames).toHaveLength(4)
  })
})

describe('the stateless revision', () => {
  const headers = { 'mcp-protocol-version': '2026-07-28' }
  const failure = (id: number, code: number) => JSON.stringify({ jsonrpc: '2.0', id, error: { code, message: 'no' } })
  const listen = (id: number) => JSON.stringify({ jsonrpc: '2.0', id, method: 'subscriptions/listen', params: {} })
  const told = (id: number) =>
    JSON.stringify({
      jsonrpc: '2.0',
      method: 'notifications/tools/list_changed',
      params: { _meta: { 'io.modelcontextprotocol/subscriptionId': id } },
    })

  test.for([
    [-32601, 404],
    [-32020, 400],
    [-32021, 400],
    [-32022, 400],
    [-32602, 200],
    [-1, 200],
  ])('the error %i has the HTTP status %i', ([code = 0, status]) => {
    post(1, request(1), { headers })
    receive(failure(1, code))
    expect(frames).toEqual([`1 ${status} application/json`, `1 < ${failure(1, code)}`, '1 end'])
  })
  test('errors of the stateful revisions stay answers like any', () => {
    post(1, request(1))
    receive(failure(1, -32601))
    expect(frames[0]).toBe('1 200 application/json')
  })
  test('what belongs to a subscription goes to its stream, everything else does not', () => {
    post(1, listen(1), { headers })
    post(2, listen(2), { headers })
    post(3, request(3), { headers })
    receive(told(1))
    receive(log)
    receive(result(3))
    receive(log)
    expect(frames).toEqual([
      '1 200 text/event-stream',
      `1 < ${told(1)}`,
      '3 200 text/event-stream',
      `3 < ${log}`,
      `3 < ${result(3)}`,
      '3 end',
    ])
  })
  test('a closed subscription is cancelled, and hears nothing more', () => {
    post(1, listen(1), { headers })
    exchanges.abandon(1)
    expect(JSON.parse(written[1] ?? '')).toMatchObject({ method: 'notifications/cancelled', params: { requestId: 1 } })
    receive(told(1))
    expect(frames).toEqual([])
  })
  test('ids and progress tokens that are in use are known', () => {
    const taken = (message: string) => {
      const facts = readMessageFacts(bytes(message))
      return facts && exchanges.isTaken(facts)
    }
    post(1, request(1, 'p'), { headers })
    expect([taken(request(1)), taken(request(2, 'p')), taken(request('1')), taken(request(2, 'q')), taken(log)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ])
    receive(result(1))
    expect(taken(request(1, 'p'))).toBe(false)
  })
  test('what was cancelled and is never answered does not fill the table', () => {
    for (let count = 0; count < 1500; count += 1) {
      post(count, request(count), { headers })
      exchanges.abandon(count)
    }
    post(2000, request(2000), { headers })
    receive(result(2000))
    expect(frames).toEqual(['2000 200 application/json', `2000 < ${result(2000)}`, '2000 end'])
  })
})

describe('a large answer', () => {
  const scanOf = (message: string) => {
    const scan = scanMessage()
    scan.push(Buffer.from(message))
    return scan
  }
  test('is routed by its scan, its bytes unparsed', () => {
    post(1, request(1))
    expect(exchanges.receive(bytes('as it came'), scanOf(result(1)))).toBe(true)
    expect(frames).toEqual(['1 200 application/json', '1 < as it came', '1 end'])
  })
  test('above the limit is told to whoever waits for it, and to nobody else', () => {
    post(1, request(1))
    post(2, request('1'))
    exchanges.refuseTooLarge(scanOf(result(1)), { bytes: 11, limit: 10 })
    expect(frames).toEqual(['1 abort ANSWER_TOO_LARGE'])
    receive(result('1'))
    expect(frames.slice(1)).toEqual(['2 200 application/json', `2 < ${result('1')}`, '2 end'])
  })
  test.for([
    ['a notification', log],
    ['an answer that nobody waits for', result(7)],
    ['what has an id inside its result only', '{"jsonrpc":"2.0","result":{"id":1}}'],
  ] as const)('%s above the limit is dropped', ([, message]) => {
    post(1, request(1))
    exchanges.refuseTooLarge(scanOf(message), { bytes: 11, limit: 10 })
    expect(frames).toEqual([])
    expect(dropped).toEqual(['message above the size limit'])
  })
})

test('when the server is gone, everybody who waits is told, once', () => {
  exchanges.get(9)
  post(1, request(1))
  post(2, request(2))
  exchanges.abandon(2)
  exchanges.fail(new AppError('SERVER_STOPPED', { server: 's', problem: 'exit code 1' }))
  expect(frames.slice(1)).toEqual(['1 abort SERVER_STOPPED', '9 abort SERVER_STOPPED'])
  exchanges.fail(new AppError('SERVER_STOPPED', { server: 's', problem: 'exit code 1' }))
  expect(frames).toHaveLength(3)
  expect(exchanges.open).toBe(0)
})
