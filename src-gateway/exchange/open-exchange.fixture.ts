/** An exchange whose records wait for the disk until the test says so; in-process, without sockets. */
import { beforeEach } from 'vitest'
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

export let records: Waiting[]
export let forwarded: { head: OpenHead; body: string; aborted: boolean; answer: (frame: ResponseFrame) => void }[]
export let delivered: string[]
export let failures: unknown[]
export let session: LiveSession
export let ports: ExchangePorts
export let stream: ClientStream & { gone: boolean }
/** how large messages are inspected here: at once, until a test says otherwise */
let inspected: (inspect: () => Inspection) => Promise<Inspection>

export const head: OpenHead = {
  session: 'ses_AAAAAAAAAAAAAAAA' as SessionId,
  method: 'POST',
  headers: { accept: 'application/json, text/event-stream' },
}
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
export const bytesOf = (text: string) => Buffer.from(text)
export const call = (id: number, tool = 'echo') =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool, arguments: {} } })
export const result = (id: number) => JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } })

/** Sets an exchange up anew for each test. */
export function useExchange(): void {
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
      access: undefined,
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
}

/** How large messages are inspected from now on, in this test. */
export function inspectBy(inspect: typeof inspected): void {
  inspected = inspect
}

const noPins: PinStore = {
  connections: () => Promise.resolve([]),
  pins: () => Promise.resolve([]),
  put: () => Promise.resolve(),
  listed: () => Promise.resolve(),
  forget: () => Promise.resolve(),
}
const ignoring = { append: () => Promise.resolve({ index: 0 }) } as unknown as TransparencyLog

/** The session ends while its exchanges run. */
export function end(ending: LiveSession): void {
  const endSession = createSessionEnding({
    exchangePorts: ports,
    clock: ports.clock,
    logger: pino({ level: 'silent' }),
    onChanged: () => {},
  } as unknown as Parameters<typeof createSessionEnding>[0])
  void endSession(ending, 'recording-unavailable')
}

export const open = (body: string, choices: Partial<OpenHead> = {}) =>
  openExchange(ports, session, stream, { ...head, ...choices }, bytesOf(body))
export const answer = (text: string, at = 0) => {
  forwarded[at]?.answer({ type: frameType.head, exchange: 1, head: { status: 200, headers: { 'content-type': 'application/json' } } })
  forwarded[at]?.answer({ type: frameType.message, exchange: 1, head: {}, body: bytesOf(text) })
  forwarded[at]?.answer({ type: frameType.end, exchange: 1 })
}
