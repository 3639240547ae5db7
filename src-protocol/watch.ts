/** What a watcher of a running session is sent: the messages of an exchange that `watchHead` opened, each an event with JSON lines as its body. */
import { z } from 'zod'

export const watchEvent = {
  /** records as they were recorded, one a line */
  records: 'records',
  /** a `missedRecords` */
  missed: 'missed',
} as const

/** Records that were not sent. They are in the recording. `behind`: the watcher did not keep up; `large`: one is too large to be shown live. */
export const missedRecords = z.object({
  from: z.number().int().nonnegative(),
  to: z.number().int().nonnegative(),
  why: z.enum(['behind', 'large']),
})
export type MissedRecords = z.infer<typeof missedRecords>
