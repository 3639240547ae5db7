import { createHash, randomBytes } from 'node:crypto'
import { deciderName } from '../../src-core/approval/stand-in.ts'
import { approvalDigest } from '../../src-core/approval/approval-digest.ts'
import { argumentsHashOf, argumentsKeyOf } from '../../src-core/approval/call-arguments.ts'
import { canonicalJson } from '../../src-core/approval/canonical-json.ts'
import { shownHash } from '../../src-core/approval/shown-hash.ts'
import { inspectArguments } from '../../src-core/approval/inspect-arguments.ts'
import { timestampOf } from '../../src-node/clock.ts'
import { newApprovalId } from '../../src-node/random-id.ts'
import type { BreakGlassOpening } from '../../src-protocol/break-glass.ts'
import type { ApprovalProof } from '../../src-protocol/approval-proof.ts'
import { approval as approvalSchema, type Approval, type ApprovalDigestInput } from '../../src-protocol/model.ts'
import { summariseArguments } from '../../src-core/recording/message-summary.ts'
import { isJsonObject } from '../../src-core/json/json-value.ts'
import type { HeldCall } from './approvals.ts'

/**
 * What the digest covers of the call itself: computed anew from the held bytes each time it is needed.
 * @param nonce of the approval; an empty one gives facts that are equal for equal calls
 */
export function callFacts({ session, method, tool, definition, argumentBytes, decision }: HeldCall, nonce: string) {
  return {
    session: session.id,
    requester: session.person.sub,
    connection: session.connection,
    server: session.server,
    method,
    tool,
    toolDefinitionHash: definition.hash,
    argumentsHash: argumentsHashOf(argumentsKeyOf(session.salt, nonce), argumentBytes),
    argumentsBytes: argumentBytes.length,
    policyVersion: decision.policyVersion,
    rule: decision.rule,
  } satisfies Partial<ApprovalDigestInput>
}

/** Equal for a call that is repeated byte for byte, under the same policy and tool definition, in the same session. */
export const retryKey = (call: HeldCall): string =>
  createHash('sha256')
    .update(canonicalJson(callFacts(call, '')))
    .digest('hex')

/** The digest of the call as it is now, under the terms that the approval was asked for. */
export const digestNow = (approval: Approval, call: HeldCall, policyVersion: string): string =>
  approvalDigest({ ...approval.digestInput, ...callFacts(call, approval.digestInput.nonce), policyVersion })

/** What an agent needs to see for itself that a call was approved. */
export const proofOf = (approval: Approval, salt: Uint8Array, opening?: BreakGlassOpening): ApprovalProof => {
  const { digestInput, votes } = approval
  return {
    input: digestInput,
    argumentsKey: argumentsKeyOf(salt, digestInput.nonce),
    votes,
    shown: { ...approval, votes: [] },
    ...(opening && { breakGlass: { input: opening.input, statement: opening.statement } }),
  }
}

export function createApprovalRequest(
  call: HeldCall,
  now: Date,
  similar: readonly Approval[],
  breakGlass?: ApprovalDigestInput['breakGlass'],
): Approval {
  const { session, definition, decision } = call
  const { review } = decision
  const id = newApprovalId()
  const decideBy = timestampOf(new Date(now.getTime() + review.decideWithinSeconds * 1000))
  const { each, veto, stepUp } = review
  const nonce = randomBytes(16).toString('hex')
  const digestInput: ApprovalDigestInput = {
    v: 1,
    approval: id,
    nonce,
    ...callFacts(call, nonce),
    decideBy,
    runWithinSeconds: review.runWithinSeconds,
    groups: review.groups,
    approvals: review.approvals,
    ...(each && { each }),
    ...(veto && { veto }),
    ...(stepUp && { stepUp }),
    ...(breakGlass && { breakGlass }),
  }
  const { sub, name, email, groups } = session.person
  // as it will be read from the database: what is hashed is what is shown
  const request = approvalSchema.parse({
    id,
    state: 'pending',
    digest: approvalDigest(digestInput),
    digestInput,
    requester: { sub, name, ...(email !== undefined && { email }), groups },
    connection: session.connection,
    session: session.id,
    sessionReason: session.reason,
    tool: call.tool,
    ...(definition.description !== undefined && { toolDescription: definition.description }),
    ...(definition.annotations && { toolAnnotations: definition.annotations }),
    argumentsText: call.argumentsText,
    argumentsMasks: call.argumentsMasks,
    warnings: inspectArguments(new TextDecoder().decode(call.argumentBytes)),
    ...(call.sql && { sql: call.sql }),
    rule: decision.rule,
    because: decision.because,
    policyVersion: decision.policyVersion,
    reasonRequired: review.reasonRequired,
    requestedAt: timestampOf(now),
    decideBy,
    votes: [],
    before: call.before,
    similar: similar.map((earlier) => ({
      id: earlier.id,
      at: earlier.requestedAt,
      requester: earlier.requester.name,
      summary: summariseText(earlier.argumentsText),
      state: earlier.state,
      by: earlier.votes.slice(-1).map(deciderName).at(0),
    })),
  } satisfies Approval)
  const covered: ApprovalDigestInput = { ...digestInput, shown: shownHash(request) }
  return { ...request, digest: approvalDigest(covered), digestInput: covered }
}

/** Of arguments that were masked before they were stored. */
function summariseText(argumentsText: string): string {
  const args: unknown = JSON.parse(argumentsText)
  return isJsonObject(args) ? summariseArguments(args) : ''
}
