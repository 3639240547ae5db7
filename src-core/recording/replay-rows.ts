import { AppError } from '../../src-protocol/app-error.ts'
import type { ReplayRow } from '../../src-protocol/desktop-library.ts'
import type { MaskApplied, Verdict } from '../../src-protocol/model.ts'
import type { ApprovalRecord, CloseRecord, ErrorRecord, MessageRecord, ResumeRecord, SessionRecord } from '../../src-protocol/recording.ts'
import { oneLine, summariseRequest, summariseResponse } from './message-summary.ts'
import { parseRecords } from './record-lines.ts'
import { counted } from './verification-steps.ts'

/**
 * The rows of a replay, one for each record.
 * @throws AppError RECORDING_INVALID
 */
export function toReplayRows(text: string | Uint8Array): ReplayRow[] {
  const parsed = parseRecords(typeof text === 'string' ? Buffer.from(text) : text)
  if (!parsed.ok) throw new AppError('RECORDING_INVALID', { problem: parsed.problem })
  return replayRowsOf(parsed.records)
}

/** The same over records that are parsed already. */
export function replayRowsOf(records: readonly SessionRecord[]): ReplayRow[] {
  const rowOf = createReplayRows()
  return records.map(rowOf)
}

/** One row after the other, for who gets the records as they are made. */
export function createReplayRows(): (record: SessionRecord) => ReplayRow {
  const requests = new Map<number, MessageRecord>()
  return (record) => {
    if (record.kind === 'request' && record.direction === 'client') requests.set(record.exchange, record)
    return replayRow(record, requests)
  }
}

function replayRow(record: SessionRecord, requests: ReadonlyMap<number, MessageRecord>): ReplayRow {
  const { seq, at, kind } = record
  const row = { seq, at, kind, bytes: 0, masks: 0 }
  switch (record.kind) {
    case 'open':
      return { ...row, kind: 'open', summary: oneLine(`${record.person.name} opened ${record.connection}: ${record.reason}`) }
    case 'close':
      return { ...row, kind: 'close', summary: closeSummary(record) }
    case 'request':
    case 'response':
    case 'notification':
      return messageRow(record, requests.get(record.exchange))
    case 'approval':
      return {
        ...row,
        kind: 'approval',
        exchange: record.exchange,
        ...aboutRequest(requests.get(record.exchange)),
        ...approvalOutcome(record),
      }
    case 'error':
      return { ...row, kind: 'error', ...errorColumns(record) }
    case 'resume':
      return { ...row, kind: 'resume', summary: resumeSummary(record) }
    case 'live-watch':
      return {
        ...row,
        kind: 'live-watch',
        summary: oneLine(`${record.by.name} ${record.event === 'began' ? 'watches' : 'stopped watching'}`),
      }
    default:
      return record satisfies never
  }
}

function resumeSummary({ cause, unanswered }: ResumeRecord): string {
  const why = cause === 'gateway-crash' ? 'Gateway restarted after a failure' : 'Gateway restarted'
  if (unanswered === 0) return `${why}. No call was under way.`
  return `${why}. ${counted(unanswered, 'call')} ${unanswered === 1 ? 'was' : 'were'} under way and got no answer.`
}

function closeSummary({ endReason, by, because }: CloseRecord): string {
  const who = by ? ` (${by.name}${because === undefined ? '' : `: ${because}`})` : ''
  return oneLine(`The session ended: ${endReason.replaceAll('-', ' ')}${who}`)
}

function messageRow(record: MessageRecord, request: MessageRecord | undefined): ReplayRow {
  const { seq, at, kind, direction, exchange, bytes, body } = record
  const tool = record.tool ?? (kind === 'response' ? request?.tool : undefined)
  const rule = record.decision?.rule ?? record.masks[0]?.rule ?? (kind === 'response' ? request?.decision?.rule : undefined)
  return {
    seq,
    at,
    kind,
    direction,
    exchange,
    method: record.method,
    ...(tool === undefined ? {} : { tool }),
    verdict: messageVerdict(record, request),
    ...(rule == null ? {} : { rule }),
    summary: kind === 'response' ? summariseResponse(body, bytes) : summariseRequest(body),
    bytes,
    masks: countMasks(record.masks),
  }
}

function messageVerdict(record: MessageRecord, request: MessageRecord | undefined): Verdict {
  const { decision, masks } = record
  if (decision?.effect === 'deny') return 'denied'
  if (decision?.effect === 'review') return 'held'
  if (masks.length > 0 || decision?.effect === 'mask') return 'masked'
  // What the client is told about a refused request never came from a server.
  if (record.kind === 'response' && record.direction === 'server' && request?.decision?.effect === 'deny') return 'denied'
  return 'allowed'
}

const countMasks = (masks: readonly MaskApplied[]): number => masks.reduce((sum, mask) => sum + mask.count, 0)

function aboutRequest(request: MessageRecord | undefined) {
  if (!request) return {}
  const rule = request.decision?.rule
  return { method: request.method, ...(request.tool === undefined ? {} : { tool: request.tool }), ...(rule == null ? {} : { rule }) }
}

function approvalOutcome({ event, by, reason, approval }: ApprovalRecord): { verdict: Verdict; summary: string } {
  const who = by === undefined ? '' : ` by ${by}`
  const why = reason ? `: ${reason}` : ''
  const summary = oneLine(`Approval ${approval} ${event}${who}${why}`)
  if (event === 'approved' || event === 'executed') return { verdict: 'allowed', summary }
  if (event === 'denied' || event === 'expired' || event === 'void') return { verdict: 'denied', summary }
  return { verdict: 'held', summary }
}

function errorColumns(record: ErrorRecord) {
  const { exchange, method, tool, code, message, refusedBytes } = record
  const verdict: Verdict = refusedBytes === undefined ? 'failed' : 'denied'
  return {
    ...(exchange === undefined ? {} : { exchange }),
    ...(method === undefined ? {} : { method }),
    ...(tool === undefined ? {} : { tool }),
    verdict,
    summary: oneLine(`${code}: ${message}`),
    bytes: refusedBytes ?? 0,
  }
}
