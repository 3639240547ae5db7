/** Versions of the policy and of the masking document, and what a check finds in a draft. */
import { z } from 'zod'
import { sha256Hex, timestamp } from './ids.ts'

export const policyVersion = z.object({
  /** SHA-256 of the YAML text */
  version: sha256Hex,
  kind: z.enum(['policy', 'masking']),
  text: z.string(),
  author: z.string(),
  /** the second administrator, where one is needed */
  approvedBy: z.string().optional(),
  /** what changed and why */
  message: z.string().optional(),
  at: timestamp,
  active: z.boolean(),
})
export type PolicyVersion = z.infer<typeof policyVersion>

/**
 * A problem in a policy or masking document. `line` counts from 1. A warning does not keep it from being activated; a note is none: it tells
 * that an example holds, and by which rule.
 */
export const documentProblem = z.object({
  path: z.string(),
  message: z.string(),
  line: z.number().int().optional(),
  severity: z.enum(['warning', 'note']).optional(),
})
export type DocumentProblem = z.infer<typeof documentProblem>
