import type { BreakGlassOpening } from '../../src-protocol/break-glass.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { ApprovalDigestInput } from '../../src-protocol/model.ts'
import { voteClockToleranceMs } from '../approval/approval-state.ts'
import { canonicalJson } from '../approval/canonical-json.ts'
import { stepUpProblem } from '../approval/step-up.ts'
import { verifyVoteSignature } from '../approval/vote-signature.ts'
import { createBreakGlassBook } from '../break-glass/break-glass-book.ts'
import { breakGlassDigest, breakGlassVersion } from '../break-glass/break-glass-digest.ts'
import { coversCall, isNamed } from '../break-glass/covers-call.ts'
import { breakGlassStepUp } from '../break-glass/decide-opening.ts'
import { inputFor } from '../break-glass/input-for.ts'

export type BreakGlassFindingCode =
  | 'break-glass-unknown'
  | 'break-glass-digest'
  | 'break-glass-beyond-rule'
  | 'break-glass-unreviewed'
  | 'vote-signature'
  | 'vote-of-requester'

type Report = (code: BreakGlassFindingCode, index: number, sentence: string, severity?: 'error' | 'note') => void
type Of<K extends LogEntry['kind']> = Extract<LogEntry, { kind: K }>

export interface BreakGlassAudit {
  add(entry: LogEntry, index: number, requested: (approval: string) => { digest: string; input: ApprovalDigestInput } | undefined): void
  /** whether the glass was broken for this approval, and still was when it ran */
  allowed(approval: string, ranAt: string): boolean
  finish(): void
}

/** a call that was on its way when the glass was closed */
const onItsWayMs = 5000

/**
 * Reads what a log says about break-glass and reports what does not follow from what stands before: openings that no rule allows, that nobody signed
 * or signed in for, calls that they are not about, reviews by who opened. What nobody has reviewed is a note.
 */
export function createBreakGlassAudit(report: Report): BreakGlassAudit {
  const book = createBreakGlassBook()
  const allowed = new Map<string, string>()
  const openedAt = new Map<string, number>()

  function checkRule({ rule, terms, version, before, by, approvedBy }: Of<'break-glass.rule'>, index: number): void {
    if (breakGlassVersion(terms) !== version)
      report('break-glass-digest', index, `The version of the rule ${rule} is not the one of its terms.`)
    if (book.rule(rule)?.version !== before)
      report('break-glass-unknown', index, `The rule ${rule} was another one before than the entry says.`)
    if (approvedBy === by) report('vote-of-requester', index, `${by} agreed to the own rule ${rule}.`)
  }

  function checkOpening(entry: Of<'break-glass.opened'>, index: number): void {
    const { breakGlass: id, digest, input, person, statement, startsAt, endsAt } = entry
    openedAt.set(id, index)
    if (breakGlassDigest(input) !== digest || input.breakGlass !== id) {
      report('break-glass-digest', index, `The digest of ${id} is not the one of what it covers.`)
    }
    if (!verifyVoteSignature({ id, digest }, statement) || statement.decision !== 'approve' || statement.person.sub !== input.person) {
      report('vote-signature', index, `${id} is not signed by the key of ${input.person}.`)
    }
    const rule = book.rule(input.rule)
    if (!rule || rule.version !== input.ruleVersion)
      return report('break-glass-unknown', index, `${id} is about a rule that was not in force.`)
    const beyond = (sentence: string) => report('break-glass-beyond-rule', index, `${id} ${sentence}.`)
    if (canonicalJson(inputFor(rule, person.sub, input)) !== canonicalJson(input)) beyond('says something else than its rule')
    if (!isNamed(rule.terms, { ...person, roles: ['operator'] })) beyond('was opened by somebody whom its rule does not name')
    const lasts = Date.parse(endsAt) - Date.parse(startsAt)
    if (!(lasts <= Math.min(input.minutes, rule.terms.maxMinutes) * 60_000)) beyond('lasts longer than its rule allows')
    if (stepUpProblem(breakGlassStepUp(rule), statement.stepUp, new Date(startsAt), voteClockToleranceMs) !== undefined) {
      beyond('was opened without a fresh sign-in')
    }
  }

  function checkUse(entry: Of<'break-glass.used'>, index: number, requested: ReturnType<Parameters<BreakGlassAudit['add']>[2]>): void {
    const { breakGlass: id, approval, digest, at } = entry
    const opening = book.opening(id)
    if (!opening || requested?.digest !== digest) {
      return report('break-glass-unknown', index, `${approval} ran under ${id}, and one of them does not exist.`)
    }
    if (!coversCall(opening, requested.input) || !isInTime(opening, at)) {
      return report('break-glass-beyond-rule', index, `${approval} ran under ${id}, which was not about it, or not open.`)
    }
    allowed.set(approval, id)
  }

  function checkReview({ breakGlass: id, digest, vote }: Of<'break-glass.reviewed'>, index: number): void {
    const opening = book.opening(id)
    if (opening?.digest !== digest) return report('break-glass-unknown', index, `${id} was reviewed, and never opened like this.`)
    if (!verifyVoteSignature({ id, digest }, vote)) report('vote-signature', index, `The review of ${id} is not signed by its key.`)
    if (vote.person.sub === opening.input.person) report('vote-of-requester', index, `${vote.person.sub} reviewed an own opening, ${id}.`)
  }

  return {
    add(entry, index, requested) {
      if (entry.kind === 'break-glass.rule') checkRule(entry, index)
      else if (entry.kind === 'break-glass.opened') checkOpening(entry, index)
      else if (entry.kind === 'break-glass.used') checkUse(entry, index, requested(entry.approval))
      else if (entry.kind === 'break-glass.reviewed') checkReview(entry, index)
      else if (entry.kind === 'break-glass.ended' && !book.opening(entry.breakGlass)) {
        report('break-glass-unknown', index, `${entry.breakGlass} ended and was never opened.`)
      }
      book.apply(entry)
    },
    allowed(approval, ranAt) {
      const opening = book.opening(allowed.get(approval) ?? '')
      return opening !== undefined && isInTime(opening, ranAt)
    },
    finish() {
      for (const { id, endedAt, review, input } of book.openings()) {
        if (endedAt === undefined || review) continue
        report(
          'break-glass-unreviewed',
          openedAt.get(id) ?? 0,
          `Nobody has reviewed why ${input.person} broke the glass of ${input.connection}.`,
          'note',
        )
      }
    },
  }
}

const isInTime = ({ startsAt, endsAt, endedAt }: BreakGlassOpening, at: string): boolean =>
  Date.parse(at) >= Date.parse(startsAt) && Date.parse(at) < Math.min(Date.parse(endsAt), Date.parse(endedAt ?? endsAt)) + onItsWayMs
