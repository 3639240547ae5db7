import { RE2JS } from 're2js'
import type { AccessAsk, AccessGrant, AccessRule, AccessTerms } from '../../src-protocol/access.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Person } from '../../src-protocol/model.ts'
import { describeMoment, scheduleAt } from './access-schedule.ts'

/** Why a rule does not let somebody in. */
export interface AccessRefusal {
  reason: 'no-operator' | 'not-member' | 'outside-window' | 'too-long' | 'no-reason' | 'no-ticket' | 'ticket-form'
  error: AppError
}

export type AccessJudgement = { ok: true; /** the rule closes then */ closesAt: Date | undefined } | ({ ok: false } & AccessRefusal)

const minuteMs = 60_000

const refuse = (reason: AccessRefusal['reason'], ...error: ConstructorParameters<typeof AppError>): AccessJudgement => ({
  ok: false,
  reason,
  error: new AppError(...error),
})

/** Whether a rule is for somebody at all: role and groups. That the connection is, its own groups say. */
export function isForPerson(terms: Pick<AccessTerms, 'groups'>, person: Pick<Person, 'groups' | 'roles'>): boolean {
  const member = terms.groups.length === 0 || terms.groups.some((group) => person.groups.includes(group))
  return member && person.roles.includes('operator')
}

/** Whether somebody could be let in at this moment, whatever they would ask for. */
export function judgeOffer(terms: AccessTerms, person: Pick<Person, 'groups' | 'roles'>, now: Date): AccessJudgement {
  if (!person.roles.includes('operator')) return refuse('no-operator', 'FORBIDDEN', { needed: 'the role operator' })
  if (!isForPerson(terms, person)) return refuse('not-member', 'ACCESS_NOT_MEMBER', { rule: terms.title, groups: terms.groups.join(', ') })
  const state = scheduleAt(terms.schedule, now)
  if (state.open) return { ok: true, closesAt: state.closesAt }
  const zone = terms.schedule?.zone ?? 'UTC'
  const problem = state.opensAt ? `it opens on ${describeMoment(state.opensAt, zone)}.` : 'it does not open within the next week.'
  return refuse('outside-window', 'ACCESS_OUTSIDE_WINDOW', { rule: terms.title, problem })
}

/** Whether what somebody asks for may be asked for, at this moment. */
export function judgeAsk(
  terms: AccessTerms,
  ask: Pick<AccessAsk, 'minutes' | 'reason' | 'ticket'>,
  person: Pick<Person, 'groups' | 'roles'>,
  now: Date,
): AccessJudgement {
  const offer = judgeOffer(terms, person, now)
  if (!offer.ok) return offer
  const { title: rule, maxMinutes, ticketPattern } = terms
  if (ask.minutes > maxMinutes) return refuse('too-long', 'ACCESS_TOO_LONG', { rule, limit: maxMinutes })
  if (terms.reasonRequired && ask.reason.trim().length < shortestReason) return refuse('no-reason', 'REASON_REQUIRED')
  const ticket = ask.ticket ?? ''
  if (terms.ticketRequired && ticket === '') return refuse('no-ticket', 'ACCESS_TICKET_REQUIRED', { rule })
  if (ticket !== '' && ticketPattern !== undefined && !matchesWhole(ticketPattern, ticket)) {
    return refuse('ticket-form', 'ACCESS_TICKET_INVALID', { rule, pattern: ticketPattern })
  }
  return offer
}

/** A reason that says something: as for sessions. */
const shortestReason = 3

/** When access that begins now ends: after the time that was asked for, and when the rule closes at the latest. */
export function grantEnd(minutes: number, closesAt: Date | undefined, now: Date): Date {
  const asked = now.getTime() + minutes * minuteMs
  return new Date(closesAt === undefined ? asked : Math.min(asked, closesAt.getTime()))
}

/** Whether a grant could stand under a rule as it is now. What it could not have been given under, it does not keep. */
export function fitsRule(
  grant: AccessGrant,
  { terms }: Pick<AccessRule, 'terms'>,
  person: Pick<Person, 'groups' | 'roles'>,
  now: Date,
): boolean {
  const offer = judgeOffer(terms, person, now)
  const [start, end] = [Date.parse(grant.startsAt), Date.parse(grant.endsAt)]
  return (
    offer.ok &&
    (offer.closesAt === undefined || end <= offer.closesAt.getTime()) &&
    end - start <= terms.maxMinutes * minuteMs &&
    (terms.approvers.length === 0 || grant.approvedBy !== undefined)
  )
}

/** What is wrong with the terms that a schema cannot say; undefined if nothing is. */
export function problemOfTerms({ ticketPattern, ticketRequired }: AccessTerms): string | undefined {
  if (ticketPattern === undefined) return undefined
  try {
    const pattern = RE2JS.compile(ticketPattern)
    return ticketRequired && pattern.matches('') ? 'ticketPattern: it matches the empty text, so it asks for nothing' : undefined
  } catch (cause) {
    return `ticketPattern: not a regular expression (${cause instanceof Error ? cause.message : String(cause)})`
  }
}

/** Linear time, whatever the pattern: it is an administrator's, the text is anybody's. */
const matchesWhole = (pattern: string, text: string): boolean => RE2JS.compile(pattern).matches(text)
