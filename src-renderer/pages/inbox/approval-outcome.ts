import { Ban, CircleCheck, CircleSlash, Flag, Hourglass, TimerOff, Undo2, type LucideIcon } from 'lucide-react'
import type { Approval, ApprovalState } from '../../../src-protocol/model.ts'
import type { Tone } from '../../components/verdict.tsx'

export interface Outcome {
  icon: LucideIcon
  tone: Tone | undefined
  word: string
}

const outcomes: Record<ApprovalState, Outcome> = {
  pending: { icon: Hourglass, tone: 'held', word: 'Held' },
  approved: { icon: CircleCheck, tone: 'allowed', word: 'Approved' },
  executed: { icon: CircleCheck, tone: 'allowed', word: 'Approved' },
  denied: { icon: Ban, tone: 'denied', word: 'Denied' },
  expired: { icon: TimerOff, tone: 'denied', word: 'Denied, time ran out' },
  withdrawn: { icon: Undo2, tone: undefined, word: 'Withdrawn' },
  void: { icon: CircleSlash, tone: 'denied', word: 'Void' },
}

const reportedOutcome: Outcome = { icon: Flag, tone: 'denied', word: 'Reported' }

/** Icon, colour and word of an approval's state. */
export function outcomeOf(state: ApprovalState, reported = false): Outcome {
  return reported ? reportedOutcome : outcomes[state]
}

/** The same with who decided: `Approved by you`, `Denied by Ada Kim`. */
export function outcomeWithNames(approval: Approval, you: string | undefined): Outcome {
  const outcome = outcomes[approval.state]
  if (approval.reported !== undefined) {
    const reporter = approval.votes.findLast((vote) => vote.decision === 'deny')?.person
    return { ...reportedOutcome, word: `Reported by ${reporter?.sub === you ? 'you' : approval.reported.by}` }
  }
  const decision = approval.state === 'denied' ? 'deny' : 'approve'
  if (outcome.tone === undefined || approval.state === 'pending' || approval.state === 'expired' || approval.state === 'void')
    return outcome
  const names = (decision === 'approve' ? approval.votes : approval.votes.slice(-1))
    .filter((vote) => vote.decision === decision)
    .map(({ person, onBehalfOf }) => `${person.sub === you ? 'you' : person.name}${onBehalfOf ? ` for ${onBehalfOf.name}` : ''}`)
  return names.length === 0 ? outcome : { ...outcome, word: `${outcome.word} by ${names.join(' and ')}` }
}
