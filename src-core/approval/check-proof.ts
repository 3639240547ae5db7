import type { ApprovalProof, TrustedBreakGlass, TrustedReviewer } from '../../src-protocol/approval-proof.ts'
import type { Vote } from '../../src-protocol/model.ts'
import type { ReviewNeeded } from '../policy/decision.ts'
import { checkStatement, type StatementReason } from '../break-glass/check-statement.ts'
import { approvalDigest } from './approval-digest.ts'
import { voteClockToleranceMs } from './approval-state.ts'
import { argumentsHashOf } from './call-arguments.ts'
import { fitsItsDigest } from './fits-its-digest.ts'
import { approvalNeeds, endsRequest, fillNeeds, isFilled } from './quorum.ts'
import { showsArguments } from './shows-arguments.ts'
import { verifyReviewerSignature } from './vote-signature.ts'

export interface ProofFacts {
  proof: ApprovalProof | undefined
  /** the call as it is about to run, in whoever's eyes who checks */
  call: {
    session: string
    connection: string
    server: string
    method: string
    tool: string
    toolDefinitionHash: string
    argumentBytes: Uint8Array
  }
  /** what the signed rules ask for */
  review: ReviewNeeded
  policies: readonly string[]
  reviewers: ReadonlyMap<string, TrustedReviewer>
  /** who may break the glass; absent: nobody */
  breakGlass?: readonly TrustedBreakGlass[]
  now: Date
}

/** What was wrong, for programs. */
export type ProofReason =
  | 'missing'
  | 'other-call'
  | 'other-arguments'
  | 'other-tool-definition'
  | 'other-policy'
  | 'other-shown'
  | 'denied'
  | 'unknown-reviewer'
  | 'unknown-key'
  | 'delegated'
  | 'signature-invalid'
  | 'own-request'
  | 'other-group'
  | 'too-few'
  | 'expired'
  | StatementReason

export type ProofCheck =
  | { ok: true; digest: string; runUntil: Date }
  /** `problem`: a sentence without its full stop, for people */
  | { ok: false; reason: ProofReason; problem: string }

/**
 * Whether reviewers whom this side trusts approved exactly this call, whatever the gateway says. The digest is computed anew from the call's
 * own bytes, what was on the reviewers' screens is held against them, each vote is checked with a key from the signed list, and how many of whom are needed, and for how long it holds, say the
 * signed rules. Whether it ran before is not asked here.
 */
export function checkProof({ proof, call, review, policies, reviewers, breakGlass = [], now }: ProofFacts): ProofCheck {
  if (!proof) return refuse('missing', 'it came without an approval')
  const { input } = proof
  for (const name of ['session', 'connection', 'server', 'method', 'tool'] as const) {
    if (input[name] !== call[name]) return refuse('other-call', `the approval is for another ${name}`)
  }
  const { argumentBytes } = call
  if (input.argumentsBytes !== argumentBytes.length || input.argumentsHash !== argumentsHashOf(proof.argumentsKey, argumentBytes)) {
    return refuse('other-arguments', 'the approval is for other arguments')
  }
  if (input.toolDefinitionHash !== call.toolDefinitionHash) {
    return refuse('other-tool-definition', 'the approval is for another definition of the tool than the server has listed')
  }
  if (!proof.shown || input.shown === undefined) return refuse('other-shown', 'nobody signed what reviewers were shown')
  if (!policies.includes(input.policyVersion)) return refuse('other-policy', 'it was approved under a policy that is not signed')

  const approval = { id: input.approval, digest: approvalDigest(input) }
  if (!fitsItsDigest({ ...proof.shown, digest: approval.digest, digestInput: input })) {
    return refuse('other-shown', 'what reviewers were shown is not what they signed')
  }
  if (!showsArguments(proof.shown.argumentsText, argumentBytes)) return refuse('other-shown', 'reviewers were shown other arguments')
  const counted = new Map<string, Vote>()
  let problem: ProofCheck | undefined
  for (const vote of proof.votes) {
    if (vote.decision === 'deny') {
      if (endsIt(vote, review, reviewers)) return refuse('denied', `${shown(vote)} has denied it`)
      continue
    }
    const wrong = voteProblem(vote, approval, input.requester, review, reviewers)
    problem ??= wrong
    if (!wrong) counted.set(vote.person.sub, vote)
  }
  if (proof.breakGlass) {
    const checked = checkStatement({ input, statement: proof.breakGlass, trusted: breakGlass, now })
    return checked.ok ? { ...checked, digest: approval.digest } : checked
  }
  const people = [...counted.keys()].map((sub) => reviewers.get(sub)?.groups ?? [])
  if (!isFilled(fillNeeds(approvalNeeds(review), people))) {
    return problem ?? refuse('too-few', `it has ${counted.size} of the approvals that it needs`)
  }
  return (
    timesOf([...counted.values()], proof, review, now) ?? { ok: true, digest: approval.digest, runUntil: runUntil(counted, proof, review) }
  )
}

/** Where only some groups have a veto, only somebody who is known to be in none of them denies without effect. */
function endsIt({ person, decision, onBehalfOf }: Vote, review: ReviewNeeded, reviewers: ReadonlyMap<string, TrustedReviewer>): boolean {
  const known = reviewers.get(person.sub)
  // in whose place somebody denies, nobody has signed for this side: it may be the veto's
  return known === undefined || onBehalfOf !== undefined || endsRequest(review, { decision, groups: known.groups })
}

function voteProblem(
  vote: Vote,
  approval: { id: string; digest: string },
  requester: string,
  { groups }: ReviewNeeded,
  reviewers: ReadonlyMap<string, TrustedReviewer>,
): ProofCheck | undefined {
  const name = shown(vote)
  if (vote.person.sub === requester) return refuse('own-request', `${name} asked for it`)
  // whether a delegation was taken back since, only the gateway could say
  if (vote.onBehalfOf) return refuse('delegated', `${name} decided in the place of somebody else, which counts here for nobody`)
  const known = reviewers.get(vote.person.sub)
  if (!known) return refuse('unknown-reviewer', `${name} is not among the signed reviewers`)
  if (!known.groups.some((group) => groups.includes(group))) return refuse('other-group', `${name} is in no group that may approve it`)
  if (!vote.reviewer || !known.keys.includes(vote.reviewer.key))
    return refuse('unknown-key', `${name} signed with no key that is signed for them`)
  if (!verifyReviewerSignature(approval, vote)) return refuse('signature-invalid', `the signature of ${name} does not fit what is to run`)
  return undefined
}

/** The times are those under the signatures. Written so that a time that is no time (NaN) is out of bounds as well. */
function timesOf(votes: Vote[], { input }: ApprovalProof, review: ReviewNeeded, now: Date): ProofCheck | undefined {
  const times = votes.map(({ at }) => Date.parse(at))
  const [first, last] = [Math.min(...times), Math.max(...times)]
  const tolerance = voteClockToleranceMs
  const inTime = last <= Date.parse(input.decideBy) + tolerance && last - first <= review.decideWithinSeconds * 1000 + tolerance
  if (!inTime) return refuse('expired', 'it was not decided in time')
  if (!(last <= now.getTime() + tolerance)) return refuse('expired', 'its votes come from the future')
  return now.getTime() <= last + runMilliseconds(input, review) + tolerance ? undefined : refuse('expired', 'it was not run in time')
}

const runMilliseconds = (input: ApprovalProof['input'], review: ReviewNeeded): number =>
  Math.min(input.runWithinSeconds, review.runWithinSeconds) * 1000

function runUntil(votes: ReadonlyMap<string, Vote>, { input }: ApprovalProof, review: ReviewNeeded): Date {
  const last = Math.max(...[...votes.values()].map(({ at }) => Date.parse(at)))
  return new Date(last + runMilliseconds(input, review) + voteClockToleranceMs)
}

const refuse = (reason: ProofReason, problem: string): ProofCheck => ({ ok: false, reason, problem })

/** A name comes from the gateway; a sentence must not break or turn round because of it. */
const shown = ({ person }: Vote): string => person.name.slice(0, 100).replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '\ufffd')
