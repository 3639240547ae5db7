import type { VerdictCounts } from '../../src-protocol/model.ts'
import type { RecordDraft, SessionRecord } from '../../src-protocol/recording.ts'

type Counted = SessionRecord | RecordDraft

type CallVerdict = keyof VerdictCounts

export interface VerdictCounter {
  add(record: Counted): void
  counts(): VerdictCounts
  /** values that each rule masked, in messages of both directions */
  masks(): Record<string, number>
}

/**
 * Counts what became of a session's calls. A call is one request of the client, and it counts once:
 * `denied` if policy refused it, or if it was refused before policy could decide; `held` if it needed approval, whatever came of that;
 * `masked` if its request, its answer or a notification on the way was masked; otherwise `allowed`.
 * Calls are told apart by their exchange, so memory grows with the calls that are counted.
 */
export function createVerdictCounter(): VerdictCounter {
  const verdicts = new Map<number, CallVerdict>()
  const maskedEarly = new Set<number>()
  const counts = { allowed: 0, masked: 0, held: 0, denied: 0 }
  const hits = new Map<string, number>()

  function set(exchange: number, verdict: CallVerdict): void {
    const before = verdicts.get(exchange)
    if (before !== undefined && rank[before] >= rank[verdict]) return
    if (before !== undefined) counts[before] -= 1
    counts[verdict] += 1
    verdicts.set(exchange, verdict)
  }

  return {
    add(record) {
      if ('masks' in record) for (const { rule, count } of record.masks) hits.set(rule, (hits.get(rule) ?? 0) + count)
      if (record.kind === 'request' && record.direction === 'client') {
        set(record.exchange, verdictOf(record.decision?.effect))
        if (record.masks.length > 0 || maskedEarly.has(record.exchange)) set(record.exchange, 'masked')
      } else if (record.kind === 'response' || record.kind === 'notification' || record.kind === 'request') {
        if (record.masks.length === 0) return
        if (verdicts.has(record.exchange)) set(record.exchange, 'masked')
        else maskedEarly.add(record.exchange)
      } else if (record.kind === 'approval') {
        if (verdicts.has(record.exchange)) set(record.exchange, 'held')
      } else if (record.kind === 'error' && record.refusedBytes !== undefined) {
        if (record.exchange === undefined) counts.denied += 1
        else set(record.exchange, 'denied')
      }
    },
    counts: () => ({ ...counts }),
    masks: () => Object.fromEntries(hits),
  }
}

/** A call that is held and later masked stays held: that it needed a person says more. */
const rank: Record<CallVerdict, number> = { allowed: 0, masked: 1, held: 2, denied: 3 }

function verdictOf(effect: 'allow' | 'mask' | 'review' | 'deny' | undefined): CallVerdict {
  switch (effect) {
    case 'deny':
      return 'denied'
    case 'review':
      return 'held'
    case 'mask':
      return 'masked'
    case 'allow':
    case undefined:
      return 'allowed'
    default:
      return effect satisfies never
  }
}
