/** Tables of the gateway's state. Times are RFC 3339 texts, documents are JSON texts. The tables of sign-ins belong to identity/. */
import type { Generated } from 'kysely'

export interface AgentRow {
  id: string
  name: string
  public_key: string
  enrolled_at: string
  last_seen_at: string | null
  version: string | null
  servers: string
}

export interface JoinTokenRow {
  /** SHA-256 of the token: whoever reads the state cannot enrol an agent */
  hash: string
  name: string
  created_by: string
  expires_at: string
  used_at: string | null
}

export interface ConnectionRow {
  name: string
  title: string
  description: string | null
  agent: string
  server: string
  groups: string
  max_minutes: number
  created_at: string
  /** accept or hold: what becomes of tools that appear later */
  new_tools: string
  /** eras of the protocol whose clients were shown the whole list of tools, as JSON */
  tools_listed: string
  /** of the SQL that its tools take */
  dialect: string | null
}

/** What is remembered of a tool's definition: see src-core/mcp/tool-pin.ts. */
export interface ToolPinRow {
  connection: string
  tool: string
  pin: string
}

export interface SessionRow {
  id: string
  counter: number
  connection: string
  agent_id: string
  agent_name: string
  server: string
  person_sub: string
  person: string
  reason: string
  started_at: string
  ends_at: string
  ended_at: string | null
  end_reason: string | null
  client: string | null
  policy_version: string
  masking_version: string
  records: number
  counts: string
  /** name and reason as JSON, if somebody else than its operator ended it */
  ended_by: string | null
  /** of the desktop that opened it */
  sign_in: string | null
  /** hex; keys the hashes of arguments while the session runs, and is erased with its end */
  salt: string | null
  /** 1 once the server was started */
  started: number
  /** 1 if the gateway was stopped while it ran, and did not fail */
  stopped: number
  /** 1 once the session's open entry is in the log */
  logged: number
  /** 1 once the session's close entry is in the log */
  sealed: number
}

export interface ApprovalRow {
  id: string
  state: string
  session: string
  requester: string
  connection: string
  tool: string
  rule: string
  /** what an identical retry has in common with the request: see approvals/approval-request.ts */
  retry_key: string
  requested_at: string
  run_by: string | null
  executed_at: string | null
  void_reason: string | null
  /** the approval as it was requested */
  document: string
  /** of its approval.requested entry in the log; null if it was requested before this was remembered */
  log_index: number | null
  /** who reported it, why and when, as JSON */
  reported: string | null
}

export interface VoteRow {
  approval: string
  person_sub: string
  at: string
  vote: string
}

export interface PolicyVersionRow {
  kind: string
  version: string
  text: string
  author: string
  at: string
  active: number
  /** the second administrator, where one was needed */
  approved_by: string | null
  message: string | null
}

/** A version that waits for a second administrator, or waited for one. */
export interface PolicyProposalRow {
  id: string
  kind: string
  version: string
  text: string
  message: string
  author_sub: string
  author_name: string
  at: string
  expires_at: string
  /** the version in force when it was proposed */
  base: string
  state: string
  decided_by_sub: string | null
  decided_by_name: string | null
  decided_at: string | null
  reason: string | null
}

/** The content last seen in a document's file: only a change of the file counts as news from it. */
export interface PolicyFileRow {
  kind: string
  version: string
}

export interface RecordingRow {
  session: string
  connection: string
  person: string
  reason: string
  started_at: string
  ended_at: string
  end_reason: string
  records: number
  bytes: number
  counts: string
  policy_version: string
  masking_version: string
  /** index of the session.close entry in the log */
  log_index: number
  /** 0: not in the index for searches yet, 1: it is, 2: there was nothing to read */
  searched: Generated<number>
  /** as it is stored compressed; null: it is plain */
  stored_bytes: number | null
  /** it is not the recording of which the log knows: altered or missing */
  finding: string | null
  /** when it was removed as a rule of retention says, and the log's entry of it */
  removed_at: string | null
  removed_index: number | null
  /** 1: the second copy has it */
  copied: Generated<number>
}

/** Which folder the second copy was begun in, and by what it is known again. */
export interface RecordingCopyRow {
  folder: string
  mark: string
}

export interface StateTables {
  agents: AgentRow
  join_tokens: JoinTokenRow
  connections: ConnectionRow
  tool_pins: ToolPinRow
  sessions: SessionRow
  approvals: ApprovalRow
  votes: VoteRow
  policy_versions: PolicyVersionRow
  policy_files: PolicyFileRow
  policy_proposals: PolicyProposalRow
  recordings: RecordingRow
  recording_copy: RecordingCopyRow
}
