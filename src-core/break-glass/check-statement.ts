import type { ApprovalProof, TrustedBreakGlass } from '../../src-protocol/approval-proof.ts'
import { voteClockToleranceMs } from '../approval/approval-state.ts'
import { verifyReviewerSignature } from '../approval/vote-signature.ts'
import { breakGlassDigest } from './break-glass-digest.ts'
import { coversCall, coversTool } from './covers-call.ts'

export interface StatementFacts {
  /** what the digest of the held call covers, which the agent has computed anew */
  input: ApprovalProof['input']
  statement: NonNullable<ApprovalProof['breakGlass']>
  /** from the signed document */
  trusted: readonly TrustedBreakGlass[]
  now: Date
}

export type StatementReason = 'break-glass-not-allowed' | 'break-glass-other' | 'unknown-key' | 'signature-invalid' | 'expired'
export type StatementCheck = { ok: true; runUntil: Date } | { ok: false; reason: StatementReason; problem: string }

/**
 * Whether somebody whom this side trusts with it broke the glass for this call, whatever the gateway says: the request itself has to say that it may be,
 * the statement has to be about it, signed with a key from the signed list, and not older than the signed list allows.
 */
export function checkStatement({ input, statement: { input: opened, statement }, trusted, now }: StatementFacts): StatementCheck {
  const refuse = (reason: StatementReason, problem: string): StatementCheck => ({ ok: false, reason, problem })
  if (!input.breakGlass) return refuse('break-glass-not-allowed', 'the request does not say that the glass may be broken for it')
  if (!coversCall({ input: opened }, input)) return refuse('break-glass-other', 'the glass was broken for something else')
  const allowed = trusted.filter(({ connection, tools, people }) => {
    return connection === input.connection && coversTool(tools, input) && people.some(({ sub }) => sub === opened.person)
  })
  if (allowed.length === 0) return refuse('break-glass-not-allowed', 'nobody has signed that this person may break the glass for it')
  const key = statement.reviewer?.key
  const known = allowed.filter(({ people }) =>
    people.some(({ sub, keys }) => sub === opened.person && key !== undefined && keys.includes(key)),
  )
  if (known.length === 0) return refuse('unknown-key', 'it was opened with no key that is signed for this person')
  const signed = statement.person.sub === opened.person && statement.decision === 'approve' && statement.reason === opened.reason
  if (!signed || !verifyReviewerSignature({ id: opened.breakGlass, digest: breakGlassDigest(opened) }, statement)) {
    return refuse('signature-invalid', 'the signature of who broke the glass does not fit')
  }
  const longest = Math.max(...known.map(({ maxMinutes }) => maxMinutes))
  const from = Date.parse(statement.at)
  const until = from + Math.min(opened.minutes, longest) * 60_000 + voteClockToleranceMs
  // written so that a time that is no time (NaN) is out of bounds as well
  if (!(from <= now.getTime() + voteClockToleranceMs)) return refuse('expired', 'the glass was broken in the future')
  return now.getTime() <= until ? { ok: true, runUntil: new Date(until) } : refuse('expired', 'the glass was broken too long ago')
}
