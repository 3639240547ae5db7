/** Evidence packs: what is asked of the gateway, and what it answers. */
import { z } from 'zod'
import { sha256Hex, timestamp } from './ids.ts'

export const packId = z.string().regex(/^pck_[A-Za-z0-9]{16}$/)

export const packRequest = z
  .object({
    /** log entries from this time on */
    from: timestamp,
    /** and before this one */
    to: timestamp,
    /** chosen by the auditor: the sample follows from it */
    seed: z.string().min(1).max(200),
    sampleSize: z.number().int().min(1).max(1000),
  })
  .refine(({ from, to }) => from < to, { message: 'the period ends before it begins', path: ['to'] })
export type PackRequest = z.infer<typeof packRequest>

/** A pack that the gateway holds ready for whoever made it. */
export const packSummary = z.object({
  id: packId,
  bytes: z.number().int(),
  /** of the zip */
  sha256: sha256Hex,
  /** of the manifest in it, as it stands in the log */
  manifest: sha256Hex,
  logIndex: z.number().int(),
  entries: z.number().int(),
  sessions: z.number().int(),
  sample: z.number().int(),
  expiresAt: timestamp,
})
export type PackSummary = z.infer<typeof packSummary>

/** bytes of one part, before base64 */
export const packPartBytes = 4 * 1024 * 1024
