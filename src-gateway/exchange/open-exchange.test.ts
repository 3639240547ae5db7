import { beforeEach, describe, expect, test } from 'vitest'
import { pino } from 'pino'
import { loadMasking } from '../../src-core/masking/load-masking.ts'
import { loadPolicy } from '../../src-core/policy/load-policy.ts'
import { createVerdictCounter } from '../../src-core/recording/verdict-counter.ts'
import type { ResponseFrame } from '../../src-node/checked-frame.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { gatewayConfig } from '../../src-protocol/config.ts'
import type { ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import type { RecordDraft } from '../../src-protocol/recording.ts'
import { frameType, type OpenHead } from '../../src-protocol/tunnel.ts'
import type { Approvals } from '../approvals/approvals.ts'
import { createSessionEnding } from '../sessions/end-session.ts'
import type { LiveSession } from '../sessions/live-session.ts'
import { inspectMessage, type Inspection } from '../inspection/inspect-message.ts'
import type { PinStore } from '../tools/pin-store.ts'
import { createToolPins } from '../tools/tool-pins.ts'
import { CallList } from './call-list.ts'
import type { ClientStream } from './client-stream.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { openExchange } from './open-exchange.ts'
import { ToolDefinitions } from './tool-definitions.ts'

/** A record that waits for the disk until the test says it is there, or that it never will be. */
interface Waiting {
  record: RecordDraft
  durable(): Promise<void>
  lost(): Promise<void>
}

let records: Waiting[]
let forwarded: { head: OpenHead; body: string; aborted: boolean; answer: (frame: ResponseFrame) => void }[]
let delivered: string[]
let failures: unknown[]
let session: LiveSession
let ports: ExchangePorts
let stream: ClientStream & { gone: boolean }
/** how large messages are inspected here: at once, until a test says otherwise */
let inspected: (inspect: () => Inspection) => Promise<Inspection>

const head: OpenHead = {
  session: 'ses_AAAAAAAAAAAAAAAA' as SessionId,
  method: 'POST',
  headers: { accept: 'application/json, text/event-stream' },
}
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
const bytesOf = (text: string) => Buffer.from(text)
const call = (id: number, tool = 'echo') =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool, arguments: {} } })
const result = (id: number) => JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } })

beforeEach(async () => {
  records = []
  forwarded = []
  delivered = []
  failures = []
  inspected = async (inspect) => inspect()
  const policy = await loadPolicy(
    'version: 1\nrules:\n  - { id: echo, match: { tools: [echo] }, effect: allow, because: It is harmless. }\n',
  )
  const masking = loadMasking('version: 1\nrules:\n  - { id: cards, detect: [card], because: Cards are secret. }\n')
  if (!policy.ok || !masking.ok) throw new Error('the documents are not valid')
  const verdicts = createVerdictCounter()
  session = {
    id: head.session,
    counter: 1,
    person: { sub: 'sub', name: 'Mira', groups: [], roles: ['operator'] },
    signInId: 'sign-in',
    connection: 'echo' as ConnectionName,
    groups: [],
    server: 'echo',
    dialect: undefined,
    agent: { id: 'agt', name: 'agent' },
    link: {
      bind: () => {},
      end: () => {},
      openExchange(openHead, body, answer) {
        const exchange = { head: openHead, body: Buffer.from(body).toString(), aborted: false, answer }
        forwarded.push(exchange)
        return { abort: () => void (exchange.aborted = true) }
      },
    },
    started: true,
    reason: 'a test',
    startedAt: '2026-11-22T16:00:00.000Z',
    endsAt: '2026-11-22T17:00:00.000Z',
    endsAtMs: 0,
    policyVersion: policy.policy.version,
    maskingVersion: masking.masking.version,
    salt: new Uint8Array(32),
    recording: {
      session: head.session,
      count: 0,
      append: () => Promise.reject(new Error('not used')),
      durable: () => new Promise(() => {}),
      close: () => new Promise(() => {}),
    },
    calls: new CallList(() => {}),
    tools: new ToolDefinitions(),
    verdicts,
    exchanges: new Set(),
    serverRequests: new Map(),
    lastExchange: 0,
    record(record, body) {
      if (body) record = { ...record, body: JSON.parse(Buffer.from(body).toString()) as string } as RecordDraft
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      records.push({
        record,
        durable: () => (resolve(records.length), settled()),
        lost: () => (reject(new AppError('RECORDING_UNAVAILABLE', { problem: 'ENOSPC' })), settled()),
      })
      return promise
    },
  }
  ports = {
    inForce: () => ({ policy: policy.policy, masking: masking.masking }),
    approvals: { voidSession: () => Promise.resolve() } as unknown as Approvals,
    tools: createToolPins({
      store: noPins,
      log: ignoring,
      clock: { now: () => new Date('2026-11-22T16:00:00.000Z') },
      onChanged: () => {},
    }),
    inspections: { inspect: (_owner, job) => inspected(() => inspectMessage(masking.masking, job)), close: () => Promise.resolve() },
    limits: gatewayConfig.shape.limits.parse({}),
    clock: { now: () => new Date('2026-11-22T16:00:00.000Z') },
    scheduler: { after: () => () => {} },
    fail(failing, error) {
      failures.push(error)
      end(failing)
    },
  }
  stream = {
    gone: false,
    back: () => undefined,
    room: () => undefined,
    head: (status) => void delivered.push(`head ${status}`),
    message: (_head, body) => void delivered.push(Buffer.from(body).toString()),
    keepAlive: () => void delivered.push('keep-alive'),
    end: () => void delivered.push('end'),
    abort: (error) => void delivered.push(`abort ${error.code}`),
  }
})

const noPins: PinStore = {
  connections: () => Promise.resolve([]),
  pins: () => Promise.resolve([]),
  put: () => Promise.resolve(),
  listed: () => Promise.resolve(),
  forget: () => Promise.resolve(),
}
const ignoring = { append: () => Promise.resolve({ index: 0 }) } as unknown as TransparencyLog

function end(ending: LiveSession): void {
  const endSession = createSessionEnding({
    exchangePorts: ports,
    clock: ports.clock,
    logger: pino({ level: 'silent' }),
    onChanged: () => {},
  } as unknown as Parameters<typeof createSessionEnding>[0])
  void endSession(ending, 'recording-unavailable')
}

const open = (body: string, choices: Partial<OpenHead> = {}) => openExchange(ports, session, stream, { ...head, ...choices }, bytesOf(body))
const answer = (text: string, at = 0) => {
  forwarded[at]?.answer({ type: frameType.head, exchange: 1, head: { status: 200, headers: { 'content-type': 'application/json' } } })
  forwarded[at]?.answer({ type: frameType.message, exchange: 1, head: {}, body: bytesOf(text) })
  forwarded[at]?.answer({ type: frameType.end, exchange: 1 })
}

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

describe('large messages', () => {
  const padding = 'x'.repeat(300 * 1024)
  const largeCall = (id: number, tool = 'echo') =>
    JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool, arguments: { padding } } })
  const largeResult = (id: number, text = '') =>
    JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: `${text}${padding}` }] } })
  const hold = () => {
    const waiting: (() => void)[] = []
    inspected = (inspect) => new Promise((resolve) => waiting.push(() => resolve(inspect())))
    return async () => {
      waiting.shift()?.()
      await settled()
    }
  }

  test('a request goes on with its own bytes once it was inspected and recorded', async () => {
    const release = hold()
    open(largeCall(1))
    await settled()
    expect(records).toEqual([])
    await release()
    expect(records[0]?.record).toMatchObject({ kind: 'request', body: largeCall(1), bytes: largeCall(1).length })
    expect(forwarded).toEqual([])
    await records[0]?.durable()
    expect(forwarded.map(({ body }) => body)).toEqual([largeCall(1)])
  })

  test('a request that policy denies is denied whatever its size', async () => {
    open(largeCall(1, 'drop'))
    await settled()
    await records[0]?.durable()
    await records[1]?.durable()
    expect(forwarded).toEqual([])
    expect(delivered.join()).toContain('Denied')
  })

  test('what follows an answer that is being inspected waits for it; another exchange does not', async () => {
    open(call(1))
    open(call(2))
    await records[0]?.durable()
    await records[1]?.durable()
    const release = hold()
    answer(largeResult(1, 'card 4111 1111 1111 1111'), 0)
    await settled()
    answer(result(2), 1)
    await records[2]?.durable()
    expect(delivered).toEqual(['head 200', 'head 200', result(2), 'end'])
    await release()
    await records[3]?.durable()
    expect(records[3]?.record).toMatchObject({ masks: [{ rule: 'cards', count: 1 }] })
    expect(delivered.slice(4)).toEqual([largeResult(1, 'card [MASKED:card]'), 'end'])
  })

  test('a message that cannot be inspected is withheld, and its client is told', async () => {
    open(call(1))
    await records[0]?.durable()
    inspected = () => Promise.reject(new AppError('INSPECTION_FAILED', { problem: 'the check took too long' }))
    answer(largeResult(1))
    await settled()
    expect(records[1]?.record).toMatchObject({ kind: 'error', code: 'INSPECTION_FAILED' })
    await records[1]?.durable()
    await records[2]?.durable()
    expect(delivered.join()).toContain('INSPECTION_FAILED')
    expect(delivered.join()).not.toContain(padding)
    expect(session.ended).toBeUndefined()
  })

  test('a request that cannot be inspected is refused', async () => {
    inspected = () => Promise.reject(new Error('a defect'))
    open(largeCall(1))
    await settled()
    await records[0]?.durable()
    await records[1]?.durable()
    expect(forwarded).toEqual([])
    expect(delivered.join()).toContain('INSPECTION_FAILED')
  })

  test('an answer above the limit is withheld: the client learns the limit, and the session goes on', async () => {
    ports.limits.responseBytes = 1000
    open(call(1))
    await records[0]?.durable()
    answer(largeResult(1))
    await records[1]?.durable()
    await records[2]?.durable()
    expect(records[1]?.record).toMatchObject({ kind: 'error', code: 'ANSWER_TOO_LARGE' })
    expect(delivered.join()).toContain('at most 1000 are passed on')
    expect(session.ended).toBeUndefined()
  })

  test('what is inspected when the session ends goes nowhere', async () => {
    const release = hold()
    open(largeCall(1))
    end(session)
    await release()
    expect(records).toEqual([])
    expect(forwarded).toEqual([])
  })
})
