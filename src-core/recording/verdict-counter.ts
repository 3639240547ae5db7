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
export const createVerdictCounter = (): VerdictCounter => new Counter()

/** A class and no closures, and no collection before something is in it: each running session has one. */
class Counter implements VerdictCounter {
  readonly #verdicts = new Map<number, CallVerdict>()
  #maskedEarly: Set<number> | undefined
  #hits: Map<string, number> | undefined
  readonly #counts = { allowed: 0, masked: 0, held: 0, denied: 0 }

  add(record: Counted): void {
    if ('masks' in record && record.masks.length > 0) this.#count(record.masks)
    if (record.kind === 'request' && record.direction === 'client') {
      this.#set(record.exchange, verdictOf(record.decision?.effect))
      if (record.masks.length > 0 || this.#maskedEarly?.has(record.exchange)) this.#set(record.exchange, 'masked')
    } else if (record.kind === 'response' || record.kind === 'notification' || record.kind === 'request') {
      if (record.masks.length === 0) return
      if (this.#verdicts.has(record.exchange)) this.#set(record.exchange, 'masked')
      else (this.#maskedEarly ??= new Set()).add(record.exchange)
    } else if (record.kind === 'approval') {
      if (this.#verdicts.has(record.exchange)) this.#set(record.exchange, 'held')
    } else if (record.kind === 'error' && record.refusedBytes !== undefined) {
      if (record.exchange === undefined) this.#counts.denied += 1
      else this.#set(record.exchange, 'denied')
    }
  }

  counts(): VerdictCounts {
    return { ...this.#counts }
  }

  masks(): Record<string, number> {
    return Object.fromEntries(this.#hits ?? [])
  }

  #set(exchange: number, verdict: CallVerdict): void {
    const before = this.#verdicts.get(exchange)
    if (before !== undefined && rank[before] >= rank[verdict]) return
    if (before !== undefined) this.#counts[before] -= 1
    this.#counts[verdict] += 1
    this.#verdicts.set(exchange, verdict)
  }

  #count(masks: readonly { rule: string; count: number }[]): void {
    const hits = (this.#hits ??= new Map())
    for (const { rule, count } of masks) hits.set(rule, (hits.get(rule) ?? 0) + count)
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
