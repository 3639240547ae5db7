/** A recording in parts, a part of `httpApi`: what a download goes on with where it stopped. A finished recording never changes. */
import { z } from 'zod'
import { sessionId } from './ids.ts'

/** bytes of one part, before base64 */
export const recordingPartBytes = 4 * 1024 * 1024

export const recordingPartsApi = {
  recordingPart: {
    method: 'GET',
    path: '/api/v1/recordings/:id/parts',
    params: z.object({ id: sessionId }),
    input: z.object({ offset: z.coerce.number().int().nonnegative() }),
    output: z.object({
      /** base64 of the bytes from `offset` on; empty at the end */
      part: z.string(),
      /** of the whole recording, in bytes */
      size: z.number().int(),
      /** where the next part begins; absent with the last one */
      next: z.number().int().optional(),
      /** with the last part: the C2SP tlog-proof of its session.close entry */
      proof: z.string().optional(),
    }),
  },
} as const
