/** Bodies of requests of the HTTP API that the desktop's contract takes too, or that others than its routes make. */
import { z } from 'zod'
import { agentId, connectionName, delegationId, sha256Hex } from './ids.ts'
import { newTools, sqlDialect, vote } from './model.ts'

export const sessionRequest = z.object({
  connection: connectionName,
  reason: z.string().trim().min(3).max(500),
  minutes: z.number().int().min(1).max(1440),
})
export type SessionRequest = z.infer<typeof sessionRequest>
export const connectionRequest = z.object({
  name: connectionName,
  title: z.string().trim().min(1).max(120),
  description: z.string().max(500).optional(),
  agent: agentId,
  server: z.string(),
  groups: z.array(z.string()),
  maxMinutes: z.number().int().min(1).max(1440),
  newTools: newTools.optional(),
  dialect: sqlDialect.optional(),
})
export type ConnectionRequest = z.infer<typeof connectionRequest>
export const toolDecisionRequest = z.object({
  tool: z.string().min(1).max(256),
  decision: z.enum(['accept', 'reject']),
  /** of the definition that the administrator saw; refused if another one has been listed since */
  hash: sha256Hex,
  reason: z.string().trim().min(3).max(1000),
})
export type ToolDecisionRequest = z.infer<typeof toolDecisionRequest>
export const voteRequest = z.object({
  decision: z.enum(['approve', 'deny']),
  reason: z.string().max(1000),
  /** what the reviewer saw; refused if it is not the approval's digest */
  digest: z.string(),
  /** RFC 3339, part of the signed text; refused if more than two minutes off */
  at: z.string(),
  signature: z.string(),
  key: z.record(z.string(), z.unknown()),
  /** the ID token of a fresh sign-in for this request and key, where its rule asks for one */
  stepUp: z.string().max(10_000).optional(),
  /** in whose place, and by which delegation: part of the signed text */
  onBehalfOf: z.object({ sub: z.string().max(300), delegation: delegationId }).optional(),
  /** the same text under the reviewer's lasting key, for agents that check approvals themselves */
  reviewer: vote.shape.reviewer,
})
export type VoteRequest = z.infer<typeof voteRequest>
