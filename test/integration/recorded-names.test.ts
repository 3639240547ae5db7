import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Session } from '../../src-protocol/model.ts'
import { echo, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import { readRecords } from '../fixtures/read-records.ts'
import {
  exchange,
  openEcho,
  registerEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  until,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

const card = '4111 1111 1111 1111'
const iban = 'DE89 3704 0044 0532 0130 00'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let operator: SignedInPerson
let agent: ScriptedAgent
let session: Session

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer)
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  ;({ agent } = await registerEcho(gateway.url, admin))
})
beforeEach(async () => {
  agent.script = echo
  session = await openEcho(operator)
})
afterAll(async () => {
  for (const person of [admin, operator]) person.leave()
  await gateway.close()
  await provider.stop()
})

const records = () => readRecords(join(gateway.root, 'recordings'), session.id)
const messages = () => records().filter((record) => 'sha256' in record)
const call = (id: string | number, name = 'echo') =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: { text: 'x' } } })
const resultOf = (id: unknown) => JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'done' }] } })

test('an id that masking would hit comes back as it was sent, and stands masked in the recording', async () => {
  const { done } = exchange(operator, session.id, call(iban))
  const answer = await done
  expect(rpcOf(answer).id).toBe(iban)
  expect(agent.received.at(-1)?.message.id).toBe(iban)
  expect(messages()).toMatchObject([
    { kind: 'request', id: '[MASKED:iban]' },
    { kind: 'response', id: '[MASKED:iban]' },
  ])
  expect(JSON.stringify(records())).not.toContain(iban)
})

test('the name of a tool or method that holds what is masked is nowhere in the recording, nor in the live list', async () => {
  await exchange(operator, session.id, call(1, `pay ${card}`)).done
  const strange = JSON.stringify({ jsonrpc: '2.0', id: 2, method: `pay/${card}` })
  await exchange(operator, session.id, strange).done
  expect(messages()[0]).toMatchObject({ kind: 'request', tool: 'pay [MASKED:card]' })
  await until(() => operator.pushes.some((push) => push.type === 'call' && push.call.method === 'pay/[MASKED:card]'), 'the row is there')
  expect(JSON.stringify(records())).not.toContain(card)
  expect(JSON.stringify(operator.pushes)).not.toContain(card)
})

test.for([
  ['a tool', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a\\ud800"}}'],
  ['a method', '{"jsonrpc":"2.0","id":1,"method":"a\\ud800"}'],
])('%s named by half a character is refused, and the session goes on', async ([, body]) => {
  const before = agent.received.length
  const answer = await exchange(operator, session.id, body ?? '').done
  expect(rpcOf(answer).error?.data['code']).toBe('MESSAGE_NOT_JSONRPC')
  expect(agent.received).toHaveLength(before)
  expect(rpcOf(await exchange(operator, session.id, call(2)).done).result).toBeDefined()
})

describe('the fields of an event', () => {
  const stream = { 'content-type': 'text/event-stream' }
  const answerWith = (fields: { id?: string; event?: string; retry?: number }, headers: Record<string, string> = {}) => {
    agent.script = (received) => {
      received.answerHead(200, { ...stream, ...headers })
      received.send(resultOf((received.message as { id: unknown }).id), fields)
      received.end()
    }
    return exchange(operator, session.id, call(1)).done
  }

  test('stand in the record of its message', async () => {
    expect(rpcOf(await answerWith({ id: 'evt-17', event: 'message', retry: 500 })).result).toBeDefined()
    expect(messages()[1]).toMatchObject({ kind: 'response', sse: { id: 'evt-17', event: 'message' } })
  })

  test.for([
    ['an id that is too long', { id: 'x'.repeat(1025) }, {}, 'SERVER_OUTPUT_INVALID'],
    ['an id with a control character', { id: 'a\u0007' }, {}, 'SERVER_OUTPUT_INVALID'],
    ['a name that is too long', { event: 'x'.repeat(129) }, {}, 'SERVER_OUTPUT_INVALID'],
    ['a retry beyond a day', { retry: 90_000_000 }, {}, 'SERVER_OUTPUT_INVALID'],
    ['an id that holds what is masked', { id: `row ${card}` }, {}, 'MESSAGE_UNMASKABLE'],
    ['a session id that is too long', {}, { 'mcp-session-id': 'x'.repeat(513) }, 'SERVER_OUTPUT_INVALID'],
    ['a session id with a space', {}, { 'mcp-session-id': 'a b' }, 'SERVER_OUTPUT_INVALID'],
    ['a session id that holds what is masked', {}, { 'mcp-session-id': card.replaceAll(' ', '-') }, 'MESSAGE_UNMASKABLE'],
  ] as const)('%s withholds the answer, and says why', async ([, fields, headers, code]) => {
    const answer = await answerWith(fields, headers)
    expect(rpcOf(answer).error?.data['code']).toBe(code)
    expect(JSON.stringify(answer)).not.toContain('1111')
    expect(answer.headers['mcp-session-id']).toBeUndefined()
    expect(records().map((record) => ('code' in record ? record.code : record.kind))).toContain(code)
    expect(JSON.stringify(records())).not.toContain('1111')
    agent.script = echo
    expect(rpcOf(await exchange(operator, session.id, call(9)).done).result).toBeDefined()
  })

  test('a random session id passes, whatever its digits look like', async () => {
    const id = '41111111-1111-1111-8000-000000000000'
    expect((await answerWith({}, { 'mcp-session-id': id })).headers['mcp-session-id']).toBe(id)
  })
})
