import { AppError } from '../../src-protocol/app-error.ts'
import {
  breakGlassReason,
  mostUnreviewedBreakGlass,
  shortestBreakGlassReason,
  type BreakGlassOpening,
  type BreakGlassOpenRequest,
  type BreakGlassReviewRequest,
  type BreakGlassRule,
} from '../../src-protocol/break-glass.ts'
import type { Person, StepUpTerms, Vote } from '../../src-protocol/model.ts'
import { canonicalJson } from '../approval/canonical-json.ts'
import { problemOfSignature } from '../approval/check-signed-decision.ts'
import { stepUpProblem, type StepUp } from '../approval/step-up.ts'
import { verifyReviewerSignature } from '../approval/vote-signature.ts'
import { isSamePerson } from '../approval/same-person.ts'
import { breakGlassDigest } from './break-glass-digest.ts'
import { isNamed } from './covers-call.ts'
import { inputFor } from './input-for.ts'

/** Nobody opens with a sign-in of before: somebody else may sit at that computer by now. */
export const breakGlassStepUp = ({ terms }: BreakGlassRule): StepUpTerms => ({
  maxAgeSeconds: 300,
  ...(terms.acr.length > 0 && { acr: terms.acr }),
})

/** `auth_time` is in whole seconds, by the clock of the identity provider. */
const stepUpSlackMs = 2000

export interface OpeningFacts {
  rule: BreakGlassRule
  request: BreakGlassOpenRequest
  person: Person
  /** of the key that the person's access token is bound to */
  keyThumbprint: string
  /** a sign-in that the gateway itself vouches for, made for this opening and with this key */
  freshSignIn: { sub: string; stepUp: StepUp } | undefined
  /** the person's own, as far as they are known */
  openings: readonly BreakGlassOpening[]
  now: Date
}

/** `statement`: as it is to be logged */
export type OpeningDecision = { ok: true; digest: string; statement: Vote } | { ok: false; error: AppError }

/** Whether somebody may break the glass now, by this rule, for this long and for this reason. Any doubt keeps it closed. */
export function decideOpening({ rule, request, person, keyThumbprint, freshSignIn, openings, now }: OpeningFacts): OpeningDecision {
  const refuse = (...error: ConstructorParameters<typeof AppError>): OpeningDecision => ({ ok: false, error: new AppError(...error) })
  const { input, at, signature, key, reviewer } = request
  const { terms } = rule
  if (!isNamed(terms, person)) return refuse('BREAK_GLASS_NOT_NAMED', { rule: terms.title })
  if (canonicalJson(input) !== canonicalJson(inputFor(rule, person.sub, input))) {
    return refuse('CONFLICT', { problem: 'The rule is another one than what was signed goes by' })
  }
  const reason = breakGlassReason.safeParse(input.reason)
  if (!reason.success || reason.data !== input.reason) return refuse('BREAK_GLASS_REASON', { characters: shortestBreakGlassReason })
  if (input.minutes > terms.maxMinutes) return refuse('BREAK_GLASS_TOO_LONG', { rule: terms.title, limit: terms.maxMinutes })
  if (openings.some(({ endedAt, input: other }) => endedAt === undefined && other.connection === input.connection)) {
    return refuse('CONFLICT', { problem: `You have broken the glass of ${input.connection} already` })
  }
  const unreviewed = openings.filter(({ review }) => !review).length
  if (unreviewed >= mostUnreviewedBreakGlass) return refuse('BREAK_GLASS_REVIEWS_DUE', { count: unreviewed })

  const digest = breakGlassDigest(input)
  const asked = { id: input.breakGlass, digest }
  const wrong = problemOfSignature(
    asked,
    person,
    { ...signedBy(request), decision: 'approve', reason: input.reason, digest },
    keyThumbprint,
    now,
  )
  if (wrong) return { ok: false, error: wrong }
  const fresh = breakGlassStepUp(rule)
  if (!freshSignIn) return refuse('STEP_UP_REQUIRED', { maxAgeSeconds: fresh.maxAgeSeconds, acr: (fresh.acr ?? []).join(' ') })
  if (freshSignIn.sub !== person.sub) return refuse('STEP_UP_INVALID', { problem: 'somebody else signed in' })
  const stale = stepUpProblem(fresh, freshSignIn.stepUp, now, stepUpSlackMs)
  if (stale !== undefined) return refuse('STEP_UP_INVALID', { problem: stale })

  const statement: Vote = {
    person: { sub: person.sub, name: person.name },
    decision: 'approve',
    reason: input.reason,
    at,
    stepUp: freshSignIn.stepUp,
    signature,
    key,
    ...(reviewer && { reviewer }),
  }
  if (reviewer && !verifyReviewerSignature(asked, statement)) {
    return refuse('APPROVAL_SIGNATURE_INVALID', { problem: 'that of the lasting key does not fit what it signs' })
  }
  return { ok: true, digest, statement }
}

export interface ReviewFacts {
  opening: BreakGlassOpening
  person: Person
  request: BreakGlassReviewRequest
  keyThumbprint: string
  now: Date
}

/** Whether this is the review of somebody independent: never of who opened it, and only of a reviewer whom the rule named then. */
export function decideReview({ opening, person, request, keyThumbprint, now }: ReviewFacts): OpeningDecision {
  const refuse = (...error: ConstructorParameters<typeof AppError>): OpeningDecision => ({ ok: false, error: new AppError(...error) })
  const { id, digest, input, endedAt, review } = opening
  if (person.sub === input.person || isSamePerson(person, opening.person)) return refuse('APPROVAL_OWN_REQUEST')
  const named = person.roles.includes('reviewer') && input.reviewers.some((group) => person.groups.includes(group))
  if (!named) return refuse('APPROVAL_NOT_REVIEWER', { groups: input.reviewers.join(', ') })
  if (endedAt === undefined) return refuse('CONFLICT', { problem: 'It is still open; it is reviewed once it has ended' })
  if (review) return refuse('APPROVAL_ALREADY_VOTED')
  if (request.reason.trim().length < 10) return refuse('REASON_REQUIRED')
  const wrong = problemOfSignature({ id, digest }, person, request, keyThumbprint, now)
  if (wrong) return { ok: false, error: wrong }
  const { decision, reason } = request
  const { sub, name } = person
  return { ok: true, digest, statement: { person: { sub, name }, decision, reason, ...signedBy(request) } }
}

const signedBy = ({ at, signature, key }: Pick<BreakGlassReviewRequest, 'at' | 'signature' | 'key'>) => ({ at, signature, key })
