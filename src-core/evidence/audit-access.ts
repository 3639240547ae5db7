import type { AccessGrant, AccessRule } from '../../src-protocol/access.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { createAccessBook } from '../access/access-book.ts'
import { accessDigest, termsVersion } from '../access/access-digest.ts'
import { scheduleAt } from '../access/access-schedule.ts'
import { verifyVoteSignature } from '../approval/vote-signature.ts'

export type AccessFindingCode =
  | 'access-unknown'
  | 'access-digest'
  | 'access-without-approval'
  | 'access-beyond-rule'
  | 'session-without-access'
  | 'vote-signature'
  | 'vote-of-requester'

type Report = (code: AccessFindingCode, index: number, sentence: string) => void
type Of<K extends LogEntry['kind']> = Extract<LogEntry, { kind: K }>

/**
 * Reads what a log says about access and reports what does not follow from what stands before: access that nobody asked for, that a rule demands an
 * approval for and that has none, that is longer than its rule or outside its times, and sessions on a guarded connection without any.
 */
export function createAccessAudit(report: Report): { add(entry: LogEntry, index: number): void; finish(): void } {
  const book = createAccessBook()
  /** a rule may come into force while a session is being opened: then it is ended at once, and that is as it should be */
  const suspects = new Map<string, { index: number; sentence: string }>()

  function checkRule({ rule, terms, version, before }: Of<'access.rule'>, index: number): void {
    if (termsVersion(terms) !== version) report('access-digest', index, `The version of the rule ${rule} is not the one of its terms.`)
    if (book.rule(rule)?.version !== before) report('access-unknown', index, `The rule ${rule} was another one before than the entry says.`)
  }

  function checkRequest({ request, digest, input }: Of<'access.requested'>, index: number): void {
    if (accessDigest(input) !== digest) report('access-digest', index, `The digest of ${request} is not the one of what it covers.`)
    if (book.rule(input.rule)?.version !== input.ruleVersion) {
      report('access-unknown', index, `${request} is about a rule or a version of it that was not in force.`)
    }
  }

  function checkGrant(entry: Of<'access.granted'>, index: number): void {
    const { request: id, grant, digest, vote, person, startsAt, endsAt } = entry
    const request = book.request(id)
    if (request?.state !== 'pending' || request.digest !== digest || request.requester.sub !== person) {
      return report('access-unknown', index, `${grant} was given without a request that was waiting for it.`)
    }
    const rule = book.rule(request.digestInput.rule)
    if (!rule || rule.version !== request.digestInput.ruleVersion) {
      return report('access-unknown', index, `${grant} was given under a rule that was not in force any more.`)
    }
    if (vote) checkVote(entry, vote, index)
    const approved = vote?.decision === 'approve' && vote.person.sub !== person
    if (rule.terms.approvers.length > 0 && !approved) {
      report('access-without-approval', index, `${grant} was given, and its rule demands an approval.`)
    }
    const problem = problemOfTime(rule, request.minutes, Date.parse(startsAt), Date.parse(endsAt))
    if (problem !== undefined) report('access-beyond-rule', index, `${grant} ${problem}.`)
  }

  function checkVote(
    { request, digest, person }: Of<'access.granted'>,
    vote: NonNullable<Of<'access.granted'>['vote']>,
    index: number,
  ): void {
    if (!verifyVoteSignature({ id: request, digest }, vote)) {
      report('vote-signature', index, `The decision of ${vote.person.sub} on ${request} is not signed by its key.`)
    }
    if (vote.person.sub === person) report('vote-of-requester', index, `${person} decided an own request, ${request}.`)
  }

  function checkSession({ at, session, person, connection, grant: id }: Of<'session.open'>, index: number): void {
    if (book.rules(connection).length === 0) return
    const grant = id === undefined ? undefined : book.grant(id)
    if (grant && gaveAccess(grant, person, connection, at)) return
    suspects.set(session, { index, sentence: `${person} began ${session} on ${connection} without access.` })
  }

  return {
    add(entry, index) {
      if (entry.kind === 'access.rule') checkRule(entry, index)
      else if (entry.kind === 'access.requested') checkRequest(entry, index)
      else if (entry.kind === 'access.granted') checkGrant(entry, index)
      else if (entry.kind === 'access.ended' && !book.grant(entry.grant)) {
        report('access-unknown', index, `${entry.grant} ended and was never given.`)
      } else if (entry.kind === 'session.open') checkSession(entry, index)
      else if (entry.kind === 'session.close' && entry.endReason === 'access-ended') suspects.delete(entry.session)
      book.apply(entry)
    },
    finish() {
      for (const { index, sentence } of suspects.values()) report('session-without-access', index, sentence)
      suspects.clear()
    },
  }
}

const minuteMs = 60_000

function problemOfTime({ terms }: AccessRule, minutes: number, start: number, end: number): string | undefined {
  if (end - start > Math.min(minutes, terms.maxMinutes) * minuteMs) return 'lasts longer than was asked for, or than its rule allows'
  const state = scheduleAt(terms.schedule, new Date(start))
  if (!state.open) return 'began while its rule was closed'
  return state.closesAt && end > state.closesAt.getTime() ? 'lasts beyond the times at which its rule is open' : undefined
}

const gaveAccess = (grant: AccessGrant, person: string, connection: string, at: string): boolean =>
  grant.person.sub === person && grant.connection === connection && grant.endedAt === undefined && grant.startsAt <= at && at < grant.endsAt
