/** What the log says about break-glass. Nothing about it is kept anywhere else (docs/decisions/0025). */
import { z } from 'zod'
import { breakGlassEndReason, breakGlassInput, breakGlassTerms } from './break-glass.ts'
import { approvalId, breakGlassId, breakGlassRuleId, connectionName, sessionId, sha256Hex, timestamp } from './ids.ts'
import { person, vote } from './model.ts'

const base = { v: z.literal(1), at: timestamp }
const rule = { rule: breakGlassRuleId, terms: breakGlassTerms, version: sha256Hex, before: sha256Hex.optional(), by: z.string() }

export const breakGlassEntries = [
  /** from now on these are the rule's terms */
  z.object({ ...base, kind: z.literal('break-glass.rule'), ...rule, approvedBy: z.string().optional() }),
  /** it waits for a second administrator */
  z.object({ ...base, kind: z.literal('break-glass.rule-proposed'), ...rule }),
  z.object({ ...base, kind: z.literal('break-glass.rule-rejected'), rule: breakGlassRuleId, version: sha256Hex, by: z.string() }),
  z.object({ ...base, kind: z.literal('break-glass.rule-removed'), rule: breakGlassRuleId, connection: connectionName, by: z.string() }),
  z.object({
    ...base,
    kind: z.literal('break-glass.opened'),
    breakGlass: breakGlassId,
    digest: sha256Hex,
    input: breakGlassInput,
    person: person.pick({ sub: true, name: true, email: true, groups: true }),
    ruleTitle: z.string(),
    startsAt: timestamp,
    endsAt: timestamp,
    statement: vote,
  }),
  /** this request needs no votes: it is logged before the call goes on */
  z.object({
    ...base,
    kind: z.literal('break-glass.used'),
    breakGlass: breakGlassId,
    approval: approvalId,
    digest: sha256Hex,
    session: sessionId,
    tool: z.string(),
  }),
  z.object({
    ...base,
    kind: z.literal('break-glass.ended'),
    breakGlass: breakGlassId,
    person: z.string(),
    connection: connectionName,
    reason: breakGlassEndReason,
    by: z.string().optional(),
    because: z.string().optional(),
  }),
  z.object({
    ...base,
    kind: z.literal('break-glass.reviewed'),
    breakGlass: breakGlassId,
    digest: sha256Hex,
    person: z.string(),
    connection: connectionName,
    vote,
  }),
] as const
