import type {
  AccessAsk,
  AccessGrant,
  AccessRequest,
  AccessRule,
  AccessStanding,
  AccessTerms,
  PersonReach,
} from '../../src-protocol/access.ts'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { VoteRequest } from '../../src-protocol/http-requests.ts'
import type { AccessGrantId, AccessRequestId, AccessRuleId, ConnectionName } from '../../src-protocol/ids.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import type { SignedIn } from '../identity/identity.ts'
import type { LogListener } from '../state/replay-log.ts'

/** Under what a session may begin: nothing, where no rule guards the connection, or a grant. */
export type Admission = { ok: true; grant?: AccessGrant } | { ok: false; error: AppError }

/** Just-in-time access: rules, requests, grants, and who is let in by them (docs/access.md). */
export interface Access {
  /** what it learns from the log at start */
  listener: LogListener
  /** at start, when the log was read: what is over by now ends, and the rest gets its timers */
  resume(): Promise<void>

  rules(): AccessRule[]
  /** @throws AppError ACCESS_RULE_INVALID, NOT_FOUND, CONFLICT */
  createRule(terms: AccessTerms, by: Person): Promise<AccessRule>
  changeRule(id: AccessRuleId, terms: AccessTerms, before: string, by: Person): Promise<AccessRule>
  removeRule(id: AccessRuleId, by: Person): Promise<void>

  /** one's own, those one may decide or end, and all of them for auditors and administrators */
  overview(viewer: Person): { requests: AccessRequest[]; grants: AccessGrant[] }
  /** all that are kept, the newest first */
  grants(): AccessGrant[]
  standings(person: Person, connections: readonly Connection[]): Record<ConnectionName, AccessStanding>
  reach(person: Person, connections: readonly Connection[]): PersonReach[]

  ask(person: Person, ask: AccessAsk): Promise<AccessRequest>
  decide(signedIn: SignedIn, id: AccessRequestId, request: VoteRequest): Promise<AccessRequest>
  withdraw(person: Person, id: AccessRequestId): Promise<AccessRequest>
  end(person: Person, id: AccessGrantId, reason: string): Promise<AccessGrant>

  /** Whether somebody may begin a session on a connection at this moment. */
  admit(person: Person, connection: Pick<Connection, 'name'>): Admission
  /** Whether a session may go on that began under this grant, or under none. */
  mayGoOn(session: { grant: AccessGrantId | undefined; connection: string; person: Person }): boolean
  /** a grant as it is now, whatever became of it */
  grant(id: string): AccessGrant | undefined
  personChanged(person: Person): void
  connectionRemoved(name: string, by: Person): Promise<void>
  close(): void
}
