/** What a masking document makes of one response: tried on the computer of who writes it. */
import { z } from 'zod'
import { maskApplied } from './model.ts'
import { recordedMedia } from './recording.ts'

/** More than this is refused with a sentence of its own; the schema only keeps out what cannot be meant. */
export const trialLimits = { bytes: 1024 * 1024, seconds: 5 }

export const maskingTrial = z.object({
  /** the masking document, as text */
  document: z.string().max(1_000_000),
  /** a response: JSON, or any other text */
  text: z.string().max(32 * 1024 * 1024),
  /** whose it is; without them only rules about every connection, and those of every tool, apply */
  connection: z.string().max(200),
  tool: z.string().max(500).optional(),
})
export type MaskingTrial = z.infer<typeof maskingTrial>

export const maskingTrialResult = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('masked'),
    text: z.string(),
    json: z.boolean(),
    masks: z.array(maskApplied),
    /** of which a recording would say type, size and hash, and not the bytes */
    media: z.array(recordedMedia),
  }),
  z.object({ outcome: z.literal('blocked'), rule: z.string(), because: z.string() }),
  /** it cannot be searched to its end */
  z.object({ outcome: z.literal('withheld'), problem: z.string() }),
  /** the document has problems: the check tells them */
  z.object({ outcome: z.literal('invalid'), problem: z.string() }),
])
export type MaskingTrialResult = z.infer<typeof maskingTrialResult>
