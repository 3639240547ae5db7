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

/** `manifest.json` of a pack, as far as whoever opens one reads it. */
export const packManifest = z.object({
  format: z.literal('gatehouse-evidence-pack/1'),
  gateway: z.string().max(1000),
  made: z.string().max(100),
  query: z.object({ from: z.string().max(100), to: z.string().max(100) }),
  counts: z.object({ entries: z.number().int(), sessions: z.number().int(), sample: z.number().int() }),
  files: z.array(z.object({ path: z.string().max(300), bytes: z.number().int().nonnegative(), sha256: sha256Hex })).max(20_000),
})
export type PackManifest = z.infer<typeof packManifest>

/** What an opened pack said of itself, once it was checked. */
export const openedPack = z.object({
  gateway: z.string(),
  made: z.string(),
  from: z.string(),
  to: z.string(),
  entries: z.number().int(),
  sessions: z.number().int(),
  sample: z.number().int(),
  /** `pinned`: this computer knows the log's key; `pack`: the key came with the pack, from whoever made it */
  key: z.enum(['pinned', 'pack']),
})
export type OpenedPack = z.infer<typeof openedPack>
