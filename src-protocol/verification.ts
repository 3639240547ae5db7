/** What a verification says, step by step; computed in src-core, shown by the desktop and the command line alike. */
import { z } from 'zod'

export const verificationStep = z.object({
  id: z.enum(['records', 'session-root', 'log-entry', 'checkpoint', 'pinned']),
  /** `skipped`: an earlier step failed, or there is nothing to compare with */
  outcome: z.enum(['passed', 'failed', 'skipped']),
  title: z.string(),
  /** one sentence: what was compared, or what does not fit and where */
  sentence: z.string(),
  facts: z.array(z.object({ label: z.string(), value: z.string() })),
  ms: z.number(),
})
export type VerificationStep = z.infer<typeof verificationStep>

export const verification = z.object({
  verified: z.boolean(),
  /** stable reason of the first failure */
  reason: z
    .enum([
      'record-malformed',
      'record-sequence',
      'record-missing',
      'body-hash-mismatch',
      'root-mismatch',
      'count-mismatch',
      'session-mismatch',
      'not-sealed',
      'recording-altered',
      'proof-malformed',
      'entry-malformed',
      'inclusion-mismatch',
      'signature-invalid',
      'key-mismatch',
      'witness-missing',
      'checkpoint-rolled-back',
      'log-forked',
    ])
    .optional(),
  /** sequence number of the record the failure is about */
  seq: z.number().int().optional(),
  steps: z.array(verificationStep),
})
export type Verification = z.infer<typeof verification>
export type VerificationReason = NonNullable<Verification['reason']>
