import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Approval, Vote } from '../../src-protocol/model.ts'
import { approvalDigest } from './approval-digest.ts'
import { voteClockToleranceMs } from './approval-state.ts'
import { canonicalJson } from './canonical-json.ts'
import { fitsItsDigest } from './fits-its-digest.ts'

type Requested = Extract<LogEntry, { kind: 'approval.requested' }>

/**
 * Whether an approval that the database calls approved is so by the log as well: what was asked, by whom, and each vote. The database can be
 * written by whoever reaches its file; the log cannot be without its key. Whether the votes suffice is not asked here.
 * @param logged every entry of the log about this approval
 * @returns what does not fit, as a sentence for people; undefined if everything does
 */
export function differenceFromLog(approval: Approval, logged: readonly LogEntry[]): string | undefined {
  const requests = logged.filter((entry) => entry.kind === 'approval.requested')
  const [requested] = requests
  if (!requested || requests.length > 1 || requested.approval !== approval.id) return 'its request is not in the log'
  if (!isAsRequested(approval, requested)) return 'its request is another one in the log'

  const votes: Vote[] = []
  let used: Extract<LogEntry, { kind: 'break-glass.used' }> | undefined
  for (const entry of logged) {
    if (entry.kind === 'approval.settled' && entry.state !== 'approved') return `in the log it is ${entry.state} already`
    if (entry.kind === 'approval.reported') return 'in the log it is reported'
    if (entry.kind === 'break-glass.used') {
      if (used || entry.approval !== approval.id || entry.digest !== requested.digest)
        return 'in the log the glass was broken for something else'
      used = entry
    }
    if (entry.kind !== 'approval.vote') continue
    if (entry.approval !== approval.id || entry.digest !== requested.digest) return 'the log has a vote for something else'
    votes.push(entry.vote)
  }
  const difference = differenceOfVotes(approval.votes, votes)
  if (difference !== undefined) return difference
  if (used?.breakGlass !== approval.brokeGlass) return 'the log says something else about breaking the glass'
  if (used) return isInTimeOf(approval, [used]) ? undefined : 'it would run later than its log entry allows'
  return isInTimeOf(approval, votes) ? undefined : 'it would run later than its votes in the log allow'
}

function isAsRequested(approval: Approval, requested: Requested): boolean {
  const { id, digest, digestInput, requester } = approval
  const { input } = requested
  return (
    fitsItsDigest(approval) &&
    approvalDigest(input) === requested.digest &&
    requested.digest === digest &&
    canonicalJson(input) === canonicalJson(digestInput) &&
    input.approval === id &&
    input.requester === requester.sub
  )
}

/** Person, decision, reason, time, signature and key of each vote, whatever the order. */
function differenceOfVotes(stored: readonly Vote[], logged: readonly Vote[]): string | undefined {
  const left = new Set(logged.map((vote) => canonicalJson(vote)))
  for (const vote of stored) {
    if (!left.delete(canonicalJson(vote))) return `the vote of ${vote.person.name} is not in the log as the database has it`
  }
  return left.size > 0 || stored.length !== logged.length ? 'the log has a vote that the database does not have' : undefined
}

/** The time to run is the database's alone: it cannot be later than what the signed times of the votes allow. */
function isInTimeOf({ runBy, digestInput }: Approval, votes: readonly { at: string }[]): boolean {
  const lastVote = Math.max(...votes.map(({ at }) => Date.parse(at)))
  return Date.parse(runBy ?? '') <= lastVote + voteClockToleranceMs + digestInput.runWithinSeconds * 1000
}
