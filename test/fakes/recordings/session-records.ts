import type { MessageRecord, RecordDraft, RecordedMedia, SessionRecord } from '../../../src-protocol/recording.ts'
import { approvalId, connectionName, sessionId, type SessionId } from '../../../src-protocol/ids.ts'
import type { VerdictCounts } from '../../../src-protocol/model.ts'
import { deniedCalls, failedCall, heldCalls, hostileCall, maskedCalls, plainCalls, type CallScript } from './call-scripts.ts'
import { lookalikeHash, seededRandom } from './random.ts'

export const policyVersion = lookalikeHash('policy in force since 3 November')
export const maskingVersion = lookalikeHash('masking in force since 3 November')

export const ordersSession = sessionId.parse('ses_4f19c2Qw8ZkT1mNa')

/** The bursts of work of the session, as [minute it begins, calls in it]. */
const bursts = [
  [0.7, 14],
  [7.5, 19],
  [15, 4],
  [18.5, 24],
  [28.5, 5],
  [32, 8],
  [38.5, 22],
  [52.4, 6],
] as const

/** One session of about 210 messages, as the gateway would have recorded it; another seed gives another course of the same work. */
export function ordersRecording(seed = 41): SessionRecord[] {
  const recording = new Recording(Date.UTC(2026, 10, 19, 13, 2, 0, 413))
  const random = seededRandom(seed)
  recording.open()
  let call = 0
  for (const [minute, calls] of bursts) {
    recording.moveTo(minute * 60_000)
    for (let within = 0; within < calls; within += 1) {
      recording.call(scriptOf(call, random))
      recording.pass(2_000 + random() * random() * 48_000)
      call += 1
    }
  }
  recording.moveTo(56 * 60_000 + 8_000)
  recording.close()
  return recording.records
}

function scriptOf(call: number, random: () => number): CallScript {
  if (call === 17 || call === 39) return deniedCalls[0]!
  if (call === 40 || call === 71) return deniedCalls[1]!
  if (call === 35) return heldCalls[0]!
  if (call === 82) return heldCalls[1]!
  if (call === 44) return hostileCall
  if (call === 59) return failedCall
  if (call === 38) return maskedCalls[0]!
  const pool = random() < 0.36 ? maskedCalls : plainCalls
  return pool[Math.floor(random() * pool.length)]!
}

class Recording {
  readonly records: SessionRecord[] = []
  readonly #startedAt: number
  readonly #counts: VerdictCounts = { allowed: 0, masked: 0, held: 0, denied: 0 }
  #now = 0
  #exchange = 0

  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  moveTo(ms: number): void {
    this.#now = Math.max(this.#now, ms)
  }

  pass(ms: number): void {
    this.#now += Math.round(ms)
  }

  open(): void {
    this.#write({
      kind: 'open',
      session: ordersSession,
      counter: 1042,
      gateway: 'https://gate.acme.example',
      logOrigin: 'gate.acme.example/log',
      person: {
        sub: 'mira',
        name: 'Mira Okafor',
        email: 'mira.okafor@acme.example',
        groups: ['data-oncall', 'engineering'],
        roles: ['operator'],
      },
      connection: connectionName.parse('orders-db'),
      agent: { id: 'agt_dc2agent1aaaaaaa', name: 'dc2-agent-1' },
      server: 'postgres-orders',
      reason: 'INC-4103: duplicate refunds',
      endsAt: new Date(this.#startedAt + 3_600_000).toISOString(),
      policyVersion,
      maskingVersion,
    })
    this.pass(900)
    this.#initialize()
  }

  close(): void {
    this.#write({ kind: 'close', session: ordersSession, endReason: 'ended-by-operator', counts: this.#counts })
  }

  #initialize(): void {
    const exchange = this.#nextExchange()
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'claude-code', version: '2.1.4' } }
    const decision = { effect: 'allow' as const, rule: 'protocol', policyVersion, because: 'Opening and listing is always allowed.' }
    this.#message('request', exchange, 'initialize', undefined, { jsonrpc: '2.0', id: 0, method: 'initialize', params }, { decision })
    this.pass(12)
    const result = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'postgres-orders', version: '1.4.0' } }
    this.#message('response', exchange, 'initialize', undefined, { jsonrpc: '2.0', id: 0, result }, {})
    this.pass(4)
    this.#message(
      'notification',
      this.#nextExchange(),
      'notifications/initialized',
      undefined,
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { decision },
    )
    this.pass(700)
  }

  call(script: CallScript): void {
    const exchange = this.#nextExchange()
    const id = exchange
    const held = script.outcome === 'approved' || script.outcome === 'refused'
    const approval = held ? approvalId.parse(`apr_${lookalikeHash(`approval ${exchange}`).slice(0, 16)}`) : undefined
    const effect = script.outcome === 'denied' ? 'deny' : held ? 'review' : 'allow'
    const decision = { effect, rule: script.rule, policyVersion, because: script.because } as const
    const request = { jsonrpc: '2.0', id, method: 'tools/call', params: { name: script.tool, arguments: script.args } }
    this.#message('request', exchange, 'tools/call', script.tool, request, { decision, ...(approval ? { approval } : {}) })
    this.#count(script)
    if (approval) this.#review(script, exchange, approval)
    this.pass(script.tookMs)
    if (script.outcome === 'failed') {
      const message = 'The MCP server postgres-orders gave no answer within 30 seconds.'
      this.#write({ kind: 'error', exchange, code: 'SERVER_TIMED_OUT', message, method: 'tools/call', tool: script.tool })
      return
    }
    const body = { jsonrpc: '2.0', id, ...answerOf(script) }
    this.#message('response', exchange, 'tools/call', script.tool, body, {
      masks: script.masks ?? [],
      ...(script.media && { media: script.media }),
      ...(approval ? { approval } : {}),
    })
  }

  #review(script: CallScript, exchange: number, approval: NonNullable<MessageRecord['approval']>): void {
    const digest = lookalikeHash(`digest ${exchange}`)
    const logIndex = 47_810 + exchange
    this.#write({ kind: 'approval', exchange, approval, event: 'requested', digest, logIndex })
    this.pass(74_000)
    if (script.outcome === 'approved') {
      this.#write({
        kind: 'approval',
        exchange,
        approval,
        event: 'approved',
        digest,
        by: 'Jonas Lindqvist',
        reason: 'Backup before the replay, agreed in INC-4103.',
        logIndex: logIndex + 1,
      })
      this.pass(40)
      this.#write({ kind: 'approval', exchange, approval, event: 'executed', digest, logIndex: logIndex + 2 })
    } else {
      this.#write({
        kind: 'approval',
        exchange,
        approval,
        event: 'denied',
        digest,
        by: 'Ada Kim',
        reason: 'Needs a migration with a review, not an ad-hoc change.',
        logIndex: logIndex + 1,
      })
    }
  }

  #count(script: CallScript): void {
    if (script.outcome === 'denied') this.#counts.denied += 1
    else if (script.outcome === 'approved' || script.outcome === 'refused') this.#counts.held += 1
    else if (script.masks && script.masks.length > 0) this.#counts.masked += 1
    else this.#counts.allowed += 1
  }

  #message(
    kind: 'request' | 'response' | 'notification',
    exchange: number,
    method: string,
    tool: string | undefined,
    message: object,
    more: Partial<Pick<MessageRecord, 'decision' | 'masks' | 'media' | 'approval'>>,
  ): void {
    const body = JSON.stringify(message)
    this.#write({
      kind,
      direction: kind === 'response' ? 'server' : 'client',
      exchange,
      method,
      ...(tool === undefined ? {} : { tool }),
      ...('id' in message ? { id: message.id as number } : {}),
      body,
      bytes: new TextEncoder().encode(body).length,
      sha256: lookalikeHash(body + exchange),
      maskingVersion,
      masks: [],
      ...more,
    })
  }

  #write(draft: RecordDraft): void {
    this.records.push({ v: 1, seq: this.records.length, at: new Date(this.#startedAt + this.#now).toISOString(), ...draft })
  }

  #nextExchange(): number {
    this.#exchange += 1
    return this.#exchange
  }
}

function answerOf(script: CallScript): object {
  if (script.outcome === 'denied' || script.outcome === 'refused') {
    const message =
      script.outcome === 'denied'
        ? script.because
        : 'The approval was denied by Ada Kim: Needs a migration with a review, not an ad-hoc change.'
    return {
      error: {
        code: -32_001,
        message,
        data: { code: script.outcome === 'denied' ? 'POLICY_DENIED' : 'APPROVAL_DENIED', rule: script.rule },
      },
    }
  }
  if (!script.rows) {
    const content = [{ type: 'text', text: script.text ?? 'OK' }, ...(script.media ?? []).map(recordedContent)]
    return { result: { content, isError: false } }
  }
  const structuredContent = { rows: script.rows, rowCount: script.rows.length }
  return { result: { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent, isError: false } }
}

/** As the gateway writes it where the bytes stood. */
function recordedContent({ kind, type, bytes, sha256 }: RecordedMedia): object {
  return { type: kind, data: `[NOT RECORDED:${kind} ${type}, ${bytes} bytes, SHA-256 ${sha256}]`, mimeType: type }
}

export function fakeSessionId(number: number): SessionId {
  return sessionId.parse(`ses_${lookalikeHash(`session ${number}`).slice(0, 16)}`)
}
