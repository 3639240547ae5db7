import type {
  BreakGlassOpening,
  BreakGlassOpenRequest,
  BreakGlassOverview,
  BreakGlassReviewRequest,
  BreakGlassRules,
  BreakGlassTerms,
} from '../../src-protocol/break-glass.ts'
import type { BreakGlassId, BreakGlassRuleId } from '../../src-protocol/ids.ts'
import type { Approval, ApprovalDigestInput, Person } from '../../src-protocol/model.ts'
import type { SignedIn } from '../identity/identity.ts'
import type { LogListener } from '../state/replay-log.ts'

/** What approvals need to know about break-glass: it takes the place of votes, and of nothing else. */
export interface BrokenGlass {
  /** the rule by which somebody may break the glass for a call, if one names them */
  offer(person: Person, call: Pick<ApprovalDigestInput, 'connection' | 'method' | 'tool'>): ApprovalDigestInput['breakGlass']
  /** what is open at this moment and about this call */
  covering(input: ApprovalDigestInput): BreakGlassOpening | undefined
  /** In the log before it counts. @returns where */
  use(opening: BreakGlassOpening, approval: Approval): Promise<number>
  useOf(approval: string): BreakGlassOpening | undefined
}

/** Rules, openings and their reviews (docs/approvals.md). */
export interface BreakGlass extends BrokenGlass {
  /** what it learns from the log at start */
  listener: LogListener
  /** at start, when the log was read: what is over by now ends, and the rest gets its timers */
  resume(): Promise<void>

  overview(viewer: Person): BreakGlassOverview
  rules(): BreakGlassRules
  setRule(
    input: { id?: BreakGlassRuleId | undefined; terms: BreakGlassTerms; before?: string | undefined },
    by: Person,
  ): Promise<BreakGlassRules>
  decideRule(id: BreakGlassRuleId, version: string, decision: 'approve' | 'deny', by: Person): Promise<BreakGlassRules>
  removeRule(id: BreakGlassRuleId, by: Person): Promise<BreakGlassRules>

  /** how many have ended and nobody has reviewed them */
  unreviewed(): number

  open(signedIn: SignedIn, request: BreakGlassOpenRequest): Promise<BreakGlassOpening>
  end(person: Person, id: BreakGlassId, reason: string): Promise<BreakGlassOpening>
  review(signedIn: SignedIn, id: BreakGlassId, request: BreakGlassReviewRequest): Promise<BreakGlassOpening>

  personChanged(person: Person): void
  connectionRemoved(name: string, by: Person): Promise<void>
  close(): void
}
