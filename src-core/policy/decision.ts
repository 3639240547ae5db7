import type { ApprovalNeed, Person, SqlDialect, StepUpTerms } from '../../src-protocol/model.ts'
import type { JsonValue } from '../json/json-value.ts'
import type { AddedMasks } from '../masking/added-masks.ts'
import type { SqlAnalysis } from '../sql/analyse-sql.ts'

/** What is known about one JSON-RPC message when the policy decides about it. */
export interface MessageFacts {
  connection: string
  server: string
  method: string
  /** `params.name` of a tool call */
  tool?: string | undefined
  /** `params.arguments` of a tool call, `params` of every other method */
  args: JsonValue | undefined
  person: Person
  /** of the SQL that the connection's tools take, if it is known */
  dialect?: SqlDialect | undefined
}

/** Who has to approve before the call may run. */
export interface ReviewNeeded {
  /** a member of any of these groups may vote */
  groups: string[]
  approvals: number
  /** where several groups have to approve: how many of which; `groups` and `approvals` are then their sum */
  each?: ApprovalNeed[]
  /** groups whose denial ends it; absent: anybody's does */
  veto?: string[]
  stepUp?: StepUpTerms
  decideWithinSeconds: number
  runWithinSeconds: number
  reasonRequired: boolean
}

interface Decided {
  policyVersion: string
  /** a sentence for people; holds nothing of the arguments */
  because: string
  /** what the conditions saw, if one of them looked at SQL; its texts are not masked */
  sql?: SqlAnalysis
  /** what is masked in the answer beside what the masking document masks there; of every rule with effect mask that holds */
  masks?: AddedMasks
}

/** `rule` is null if no rule of the document decided: the default, or a message that could not be judged at all. */
export type Decision =
  | (Decided & { effect: 'allow' | 'deny'; rule: string | null })
  | (Decided & { effect: 'mask'; rule: string; masks: AddedMasks })
  | (Decided & { effect: 'review'; rule: string; review: ReviewNeeded })
