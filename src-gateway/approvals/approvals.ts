import type { Decision } from '../../src-core/policy/decision.ts'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { BreakGlassOpening } from '../../src-protocol/break-glass.ts'
import type { VoteRequest } from '../../src-protocol/http-requests.ts'
import type { ApprovalId, SessionId } from '../../src-protocol/ids.ts'
import type { Approval, Call, MaskApplied, Person, SqlFacts } from '../../src-protocol/model.ts'
import type { ToolDefinition } from '../exchange/tool-definitions.ts'
import type { SignedIn } from '../identity/identity.ts'
import type { LiveSession } from '../sessions/live-session.ts'

/** A call that policy holds, as the pipeline knows it at this moment. */
export interface HeldCall {
  session: LiveSession
  method: string
  tool: string
  definition: ToolDefinition
  /** the exact bytes of `params.arguments`; of a call that brings more (answers to the server's questions, a task), all of that as JSON */
  argumentBytes: Uint8Array
  argumentsText: string
  argumentsMasks: MaskApplied[]
  sql?: SqlFacts
  /** the calls just before it */
  before: Call[]
  decision: Extract<Decision, { effect: 'review' }>
}

/** `opening`: of the glass that was broken for it, in the place of votes */
export type Execution = { ok: true; approval: Approval; logIndex: number; opening?: BreakGlassOpening } | { ok: false; error: AppError }

export interface Approvals {
  /** one's own requests, those one may decide, and all of them for auditors and administrators */
  list(viewer: Person): Promise<Approval[]>
  get(viewer: Person, id: string): Promise<Approval>
  vote(signedIn: SignedIn, id: ApprovalId, request: VoteRequest): Promise<Approval>
  /** Denies it, whoever has the veto, and ends the session that it comes from. */
  report(signedIn: SignedIn, id: ApprovalId, request: VoteRequest): Promise<Approval>
  withdraw(person: Person, id: ApprovalId): Promise<Approval>
  /** Asks for approval, or attaches to the open approval that the same call asked for before. */
  request(call: HeldCall): Promise<{ approval: Approval; attached: boolean; logIndex?: number }>
  /** Resolves once the approval is no longer pending; never if nobody waits any more. */
  decided(id: ApprovalId, signal: AbortSignal): Promise<Approval>
  /** Takes the one execution of an approval, if the call is still the one that was approved. */
  execute(id: ApprovalId, call: HeldCall): Promise<Execution>
  /** the glass was broken: calls that wait and that it is about go on */
  glassBroken(opening: BreakGlassOpening): void
  /** and is whole again: what has not run by now does not */
  glassClosed(opening: BreakGlassOpening): void
  voidSession(session: SessionId): Promise<void>
  /** another policy is in force: what was asked under an earlier one is void */
  policyChanged(version: string): void
  /** at start: those of sessions that go on stay, and their deadlines count; the others are void */
  resume(goesOn: (session: SessionId) => boolean): Promise<void>
  close(): void
}
