/** How it stands with the folders that hold the evidence. */
import { z } from 'zod'
import { timestamp } from './ids.ts'

export const folderSpace = z.object({ freeBytes: z.number(), totalBytes: z.number() })

/** The second copy of the evidence. `failing`: the last round failed. `behind`: for longer than it should be. */
const copyHealth = z.object({
  state: z.enum(['ok', 'behind', 'failing']),
  folder: z.string(),
  /** recordings that are to be copied, or to be removed from the copy */
  waiting: z.number().int(),
  /** entries of the log that the copy has not */
  entries: z.number().int(),
  /** when a round was last finished */
  lastAt: timestamp.optional(),
  behindSince: timestamp.optional(),
  failure: z.string().optional(),
})
export type CopyHealth = z.infer<typeof copyHealth>

export const storageHealth = z.object({
  /** `low`: room for some time, somebody should act. `full`: no new session is started. */
  state: z.enum(['ok', 'low', 'full']),
  recordings: folderSpace,
  log: folderSpace,
  /** below this no new session is started */
  minimumFreeBytes: z.number(),
  /** how long a durable write to the recordings' disk took just now */
  writeMs: z.number(),
  /** when the log's newest checkpoint was signed, as far as this run of the gateway knows */
  checkpointAt: timestamp.optional(),
  /** recordings that are not searchable or not compressed yet */
  backlog: z.object({ search: z.number().int(), compression: z.number().int() }),
  /** recordings held against the log, one after the other */
  scan: z.object({
    running: z.boolean(),
    startedAt: timestamp.optional(),
    checked: z.number().int(),
    recordings: z.number().int(),
    last: z.object({ startedAt: timestamp, finishedAt: timestamp, recordings: z.number().int(), findings: z.number().int() }).optional(),
  }),
  /** recordings that are not the ones of which the log knows, the newest first */
  findings: z.array(z.object({ session: z.string(), finding: z.enum(['altered', 'missing']) })),
  /** absent: there is none */
  copy: copyHealth.optional(),
})
export type StorageHealth = z.infer<typeof storageHealth>
