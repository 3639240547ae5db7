import { z } from 'zod'

/** Branded identifiers: a session id cannot be passed where an approval id is expected. */
export const sessionId = z
  .string()
  .regex(/^ses_[A-Za-z0-9]{16}$/)
  .brand<'SessionId'>()
export const approvalId = z
  .string()
  .regex(/^apr_[A-Za-z0-9]{16}$/)
  .brand<'ApprovalId'>()
export const agentId = z
  .string()
  .regex(/^agt_[A-Za-z0-9]{16}$/)
  .brand<'AgentId'>()
export const proposalId = z
  .string()
  .regex(/^prp_[A-Za-z0-9]{16}$/)
  .brand<'ProposalId'>()
export const accessRuleId = z
  .string()
  .regex(/^acr_[A-Za-z0-9]{16}$/)
  .brand<'AccessRuleId'>()
export const accessRequestId = z
  .string()
  .regex(/^acq_[A-Za-z0-9]{16}$/)
  .brand<'AccessRequestId'>()
export const accessGrantId = z
  .string()
  .regex(/^acg_[A-Za-z0-9]{16}$/)
  .brand<'AccessGrantId'>()
export const breakGlassRuleId = z
  .string()
  .regex(/^bgr_[A-Za-z0-9]{16}$/)
  .brand<'BreakGlassRuleId'>()
export const breakGlassId = z
  .string()
  .regex(/^bgl_[A-Za-z0-9]{16}$/)
  .brand<'BreakGlassId'>()
export const delegationId = z
  .string()
  .regex(/^dlg_[A-Za-z0-9]{16}$/)
  .brand<'DelegationId'>()
export const holdId = z
  .string()
  .regex(/^hld_[A-Za-z0-9]{16}$/)
  .brand<'HoldId'>()
/** A connection is named by its administrator; the name is what people, policies and URLs use. */
export const connectionName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and hyphens, at most 63')
  .brand<'ConnectionName'>()

export type SessionId = z.infer<typeof sessionId>
export type ApprovalId = z.infer<typeof approvalId>
export type AgentId = z.infer<typeof agentId>
export type ProposalId = z.infer<typeof proposalId>
export type AccessRuleId = z.infer<typeof accessRuleId>
export type AccessRequestId = z.infer<typeof accessRequestId>
export type AccessGrantId = z.infer<typeof accessGrantId>
export type BreakGlassRuleId = z.infer<typeof breakGlassRuleId>
export type BreakGlassId = z.infer<typeof breakGlassId>
export type DelegationId = z.infer<typeof delegationId>
export type ConnectionName = z.infer<typeof connectionName>

/** 64 lower-case hexadecimal digits: SHA-256 over bytes that the context names. */
export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/)
/** RFC 3339, UTC, milliseconds: `2026-11-22T16:05:00.123Z`. */
export const timestamp = z.iso.datetime({ precision: 3 })
