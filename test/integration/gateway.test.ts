import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AgentId, SessionId } from '../../src-protocol/ids.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { echo, type ReceivedExchange, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import {
  exchange,
  openEcho,
  registerEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let operator: SignedInPerson
let agent: ScriptedAgent

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer)
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  ;({ agent } = await registerEcho(gateway.url, admin))
})
beforeEach(() => {
  agent.script = echo
})
afterAll(async () => {
  for (const person of [admin, operator]) person.leave()
  await gateway.close()
  await provider.stop()
})

describe('an allowed call', () => {
  test('reaches the server byte for byte and comes back byte for byte', async () => {
    const session = await openEcho(operator)
    const body = ' {"jsonrpc":"2.0", "id":7,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hi \\u00e9"}}}'
    agent.script = (received) => {
      received.answerHead(200, { 'content-type': 'application/json' })
      received.send('{"result":{ "content":[]},"id":7,"jsonrpc":"2.0"}\n')
      received.end()
    }
    const answer = await exchange(operator, session.id, body).done
    expect(agent.received.at(-1)?.text).toBe(body)
    expect(answer.status).toBe(200)
    expect(answer.messages).toEqual(['{"result":{ "content":[]},"id":7,"jsonrpc":"2.0"}\n'])
  })

  test('streams events in their order, and those of another call in between', async () => {
    const session = await openEcho(operator)
    const open: ReceivedExchange[] = []
    agent.script = (received) => void open.push(received)
    const first = exchange(operator, session.id, toolCall('echo', { text: 'a' }))
    const second = exchange(operator, session.id, toolCall('echo', { text: 'b' }))
    await until(() => open.length === 2, 'both calls have reached the agent')
    for (const received of open) received.answerHead(200, { 'content-type': 'text/event-stream' })
    for (let step = 0; step < 20; step += 1) {
      for (const received of open) {
        received.send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: step } }), {
          id: `${step}`,
        })
      }
    }
    open[1]?.send(JSON.stringify({ jsonrpc: '2.0', id: open[1].message.id, result: { content: [] } }))
    open[1]?.end()
    await second.done
    expect(first.answer.messages.length).toBeLessThanOrEqual(20)
    open[0]?.send(JSON.stringify({ jsonrpc: '2.0', id: open[0].message.id, result: { content: [] } }))
    open[0]?.end()
    for (const { messages } of [await first.done, await second.done]) {
      expect(messages).toHaveLength(21)
      expect(messages.slice(0, 20).map((text) => (JSON.parse(text) as { params: { data: number } }).params.data)).toEqual([
        ...Array(20).keys(),
      ])
    }
  })

  test('has its answer masked, and its recording too; the server gets the original', async () => {
    const session = await openEcho(operator)
    const answer = await exchange(operator, session.id, toolCall('echo', { text: 'card 4111 1111 1111 1111' })).done
    expect(agent.received.at(-1)?.text).toContain('4111 1111 1111 1111')
    expect(answer.messages[0]).toContain('[MASKED:card]')
    expect(answer.messages[0]).not.toContain('4111')
    const { calls } = await operator.api.call('session', { id: session.id })
    expect(calls.at(-1)).toMatchObject({ method: 'tools/call', tool: 'echo', verdict: 'masked', state: 'done' })
    expect(JSON.stringify(calls)).not.toContain('4111')
  })

  test('is pushed to its operator, and to nobody else', async () => {
    const session = await openEcho(operator)
    await exchange(operator, session.id, toolCall('echo', { text: 'pushed' })).done
    const mine = () => operator.pushes.filter((push) => push.type === 'call' && push.call.session === session.id)
    await until(() => mine().length > 0, 'the call is pushed')
    expect(admin.pushes.filter((push) => push.type === 'call')).toEqual([])
  })

  test('whose client has left runs to its end, and is recorded as undelivered', async () => {
    const session = await openEcho(operator)
    const open: ReceivedExchange[] = []
    agent.script = (received) => void open.push(received)
    const call = exchange(operator, session.id, toolCall('echo', { text: 'left' }))
    await until(() => open.length === 1, 'the call has reached the agent')
    call.abandon()
    // a later exchange has been handled: so was the abandonment before it
    agent.script = echo
    await exchange(operator, session.id, toolCall('echo', { text: 'later' })).done
    expect(open[0]?.aborted).toBe(false)
    open[0]?.result({ content: [{ type: 'text', text: 'too late' }] })
    await until(async () => (await recordsOf(session.id)).some((record) => 'delivered' in record), 'the answer is recorded')
    const undelivered = (await recordsOf(session.id)).find((record) => 'delivered' in record)
    expect(undelivered).toMatchObject({ kind: 'response', delivered: false })
  })

  test('of the stateless revision is cancelled when its client leaves', async () => {
    const session = await openEcho(operator)
    const open: ReceivedExchange[] = []
    agent.script = (received) => void open.push(received)
    const call = exchange(operator, session.id, toolCall('echo', { text: 'x' }), { headers: { 'mcp-protocol-version': '2026-07-28' } })
    await until(() => open.length === 1, 'the call has reached the agent')
    call.abandon()
    await until(() => open[0]?.aborted === true, 'the agent is told')
    expect(call.answer.messages).toEqual([])
  })
})

describe('a message of the server', () => {
  test('that asks the client goes on, and only the answer to it comes back', async () => {
    const session = await openEcho(operator)
    const open: ReceivedExchange[] = []
    agent.script = (received) => {
      if (received.message.method === 'tools/call') open.push(received)
      else echo(received)
    }
    const call = exchange(operator, session.id, toolCall('echo', { text: 'x' }))
    await until(() => open.length === 1, 'the call has reached the agent')
    open[0]?.answerHead(200, { 'content-type': 'text/event-stream' })
    open[0]?.send(JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'elicitation/create', params: { message: 'sure?' } }))
    await until(() => call.answer.messages.length === 1, 'the question is delivered')

    const unasked = await exchange(operator, session.id, JSON.stringify({ jsonrpc: '2.0', id: 6, result: { action: 'accept' } })).done
    expect(unasked.status).toBe(400)
    const asked = await exchange(operator, session.id, JSON.stringify({ jsonrpc: '2.0', id: 5, result: { action: 'accept' } })).done
    expect(asked.status).toBe(202)
    const again = await exchange(operator, session.id, JSON.stringify({ jsonrpc: '2.0', id: 5, result: { action: 'accept' } })).done
    expect(again.status).toBe(400)
    expect(agent.received.filter(({ text }) => text.includes('accept'))).toHaveLength(1)
  })

  test('that policy does not allow is dropped, and the server is told', async () => {
    const session = await openEcho(operator)
    const answers: string[] = []
    agent.script = (received) => {
      if (received.message.method !== 'tools/call') return void answers.push(received.text)
      received.answerHead(200, { 'content-type': 'text/event-stream' })
      received.send(JSON.stringify({ jsonrpc: '2.0', id: 'q', method: 'vendor/reboot', params: {} }))
      received.send(JSON.stringify({ jsonrpc: '2.0', method: 'vendor/note', params: {} }))
      received.send(JSON.stringify({ jsonrpc: '2.0', id: received.message.id, result: { content: [] } }))
      received.end()
    }
    const { messages } = await exchange(operator, session.id, toolCall('echo', { text: 'x' })).done
    expect(messages).toHaveLength(1)
    await until(() => answers.length === 1, 'the server is told')
    expect(JSON.parse(answers[0] ?? '')).toMatchObject({ id: 'q', error: { data: { code: 'POLICY_DENIED' } } })
  })

  test.for([
    ['is not JSON', 'nonsense', 'SERVER_OUTPUT_INVALID'],
    ['has a key twice', '{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}', 'MESSAGE_UNMASKABLE'],
  ])('is withheld when it %s', async ([, text = '', code]) => {
    const session = await openEcho(operator)
    agent.script = (received) => {
      received.answerHead(200, { 'content-type': 'application/json' })
      received.send(text)
      received.end()
    }
    const answer = await exchange(operator, session.id, toolCall('echo', { text: 'x' })).done
    expect(answer.messages).toHaveLength(1)
    expect(rpcOf(answer).error?.data).toMatchObject({ code })
  })
})

describe('a call that policy denies', () => {
  test('does not reach the server, and says why', async () => {
    const session = await openEcho(operator)
    const before = agent.received.length
    const answer = await exchange(operator, session.id, toolCall('echo', { text: 'forbidden' })).done
    expect(agent.received).toHaveLength(before)
    const { result } = rpcOf(answer)
    expect(result?.isError).toBe(true)
    expect(result?.content[0]?.text).toMatch(
      /^Denied by rule secrets-denied \(policy [0-9a-f]{12}\)\. This word is not to be echoed\. If you need this, ask/,
    )
    expect(result?.['_meta']).toMatchObject({ 'gatehouse/code': 'POLICY_DENIED', 'gatehouse/rule': 'secrets-denied' })
  })

  test('because no rule allows it, is denied by default', async () => {
    const session = await openEcho(operator)
    const answer = await exchange(operator, session.id, toolCall('unheard-of', {})).done
    expect(rpcOf(answer).result?.content[0]?.text).toMatch(/^Denied: no rule allows it/)
  })

  test('of another method gets a JSON-RPC error', async () => {
    const session = await openEcho(operator)
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'file:///etc/passwd' } })
    const answer = await exchange(operator, session.id, body).done
    expect(rpcOf(answer).error).toMatchObject({ code: -32001, data: { code: 'POLICY_DENIED', rule: null } })
  })

  test('counts as denied, and stands in the recording with its decision', async () => {
    const session = await openEcho(operator)
    await exchange(operator, session.id, toolCall('echo', { text: 'forbidden' })).done
    const { session: now } = await operator.api.call('session', { id: session.id })
    expect(now.counts).toEqual({ allowed: 0, masked: 0, held: 0, denied: 1 })
    expect(await recordsOf(session.id)).toMatchObject([
      { kind: 'open' },
      { kind: 'request', decision: { effect: 'deny', rule: 'secrets-denied' } },
      { kind: 'response', direction: 'server' },
    ])
  })
})

describe('a message that is not one JSON-RPC message', () => {
  test.for([
    ['is not JSON', '{"jsonrpc":', 400, -32700, 'MESSAGE_NOT_JSON'],
    ['is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400, -32700, 'MESSAGE_NOT_JSON'],
    ['is not JSON-RPC', '{"id":1}', 400, -32600, 'MESSAGE_NOT_JSONRPC'],
    ['is a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 400, -32600, 'MESSAGE_BATCH'],
    ['has a key twice', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', 400, -32600, 'MESSAGE_DUPLICATE_KEY'],
    [
      'has a number that two parsers read differently',
      '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"n":9007199254740993}}',
      400,
      -32600,
      'MESSAGE_NUMBER_UNSAFE',
    ],
    [
      'nests too deeply',
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${'['.repeat(200)}${']'.repeat(200)}}}`,
      400,
      -32600,
      'MESSAGE_TOO_DEEP',
    ],
    ['is larger than the limit', toolCall('echo', { text: 'x'.repeat(16.5 * 1024 * 1024) }), 413, -32600, 'BODY_TOO_LARGE'],
  ] as const)('%s', async ([, body, status, number, code]) => {
    const session = await openEcho(operator)
    const before = agent.received.length
    const answer = await exchange(operator, session.id, body).done
    expect(answer.status).toBe(status)
    expect(rpcOf(answer).error).toMatchObject({ code: number, data: { code } })
    expect(agent.received).toHaveLength(before)
    expect(await recordsOf(session.id)).toMatchObject([{ kind: 'open' }, { kind: 'error', code }, { kind: 'response' }])
  })

  test.for([
    ['Mcp-Method', { 'mcp-method': 'tools/list' }],
    ['Mcp-Name', { 'mcp-name': 'risky' }],
    ['Mcp-Name', { 'mcp-name': `=?base64?${Buffer.from('risky').toString('base64')}?=` }],
  ] as const)('has a header %s that says something else', async ([header, headers]) => {
    const session = await openEcho(operator)
    const answer = await exchange(operator, session.id, toolCall('echo', { text: 'x' }), { headers }).done
    expect(answer.status).toBe(400)
    expect(rpcOf(answer).error).toMatchObject({ code: -32020, data: { code: 'HEADER_MISMATCH' } })
    expect(rpcOf(answer).error?.message).toContain(header)
  })

  test('has headers that agree: it goes on', async () => {
    const session = await openEcho(operator)
    const headers = { 'mcp-method': 'tools/call', 'mcp-name': `=?base64?${Buffer.from('echo').toString('base64')}?=` }
    const answer = await exchange(operator, session.id, toolCall('echo', { text: 'x' }), { headers }).done
    expect(rpcOf(answer).result).toBeDefined()
    expect(agent.received.at(-1)?.head.headers).toMatchObject(headers)
  })
})

test('only headers that MCP defines travel on', async () => {
  const session = await openEcho(operator)
  const headers = { cookie: 'a=b', authorization: 'Bearer x', 'mcp-session-id': 's1', 'mcp-param-region': 'eu' }
  await exchange(operator, session.id, toolCall('echo', { text: 'x' }), { headers }).done
  const received = agent.received.at(-1)?.head.headers ?? {}
  // nothing in the body to compare the argument's header with
  expect(Object.keys(received).toSorted()).toEqual(['accept', 'content-type', 'mcp-session-id'])
})

test('of headers that repeat arguments only those travel on whose argument is there', async () => {
  const server = { agent: agent.id as AgentId, server: 'echo', groups: ['operators'], maxMinutes: 60 }
  await admin.api.call('createConnection', { name: 'mirrors', title: 'Mirrors', ...server })
  const open = () => operator.api.call('openSession', { connection: 'mirrors', reason: 'a test', minutes: 30 })
  const mirrored = (header: string) => ({ type: 'string', 'x-mcp-header': header })
  const inputSchema = { type: 'object', properties: { text: mirrored('Text'), to: mirrored('To') } }
  agent.script = (received) =>
    received.message.method === 'tools/list' ? received.result({ tools: [{ name: 'echo', inputSchema }] }) : echo(received)
  const listed = await open()
  await exchange(operator, listed.id, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })).done
  const headers = { 'mcp-param-text': 'x', 'mcp-param-to': 'elsewhere', 'mcp-param-Text': 'y', 'mcp-param-more': 'z' }
  // another session knows the tool by its pin
  for (const { id } of [listed, await open()]) {
    const answer = await exchange(operator, id, toolCall('echo', { text: 'x' }), { headers }).done
    expect(rpcOf(answer).error).toBeUndefined()
    const received = Object.entries(agent.received.at(-1)?.head.headers ?? {})
    expect(received.filter(([name]) => name.startsWith('mcp-param-'))).toEqual([['mcp-param-text', 'x']])
    const wrong = await exchange(operator, id, toolCall('echo', { text: 'y' }), { headers }).done
    expect(rpcOf(wrong).error?.data['code']).toBe('HEADER_MISMATCH')
  }
})

test('a body that the server would decode otherwise does not reach it', async () => {
  const session = await openEcho(operator)
  const before = agent.received.length
  // in UTF-7 the argument ends at +ACI-, and another tool's name follows
  const body = toolCall('echo', { text: '+ACIAfQAs-+ACI-name+ACI-:+ACI-secret-tool' })
  const answer = await exchange(operator, session.id, body, { headers: { 'content-type': 'application/json; charset=utf-7' } }).done
  expect(answer.status).toBe(415)
  expect(rpcOf(answer).error?.data).toMatchObject({ code: 'CONTENT_TYPE_REFUSED' })
  expect(agent.received).toHaveLength(before)
})

async function recordsOf(session: SessionId): Promise<SessionRecord[]> {
  const { readdir, readFile } = await import('node:fs/promises')
  for (const folder of await readdir(gateway.recordings)) {
    const file = join(gateway.recordings, folder, `${session}.jsonl`)
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined)
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as SessionRecord)
  }
  throw new Error('there is no such recording')
}
