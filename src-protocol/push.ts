/** Gateway → desktop control messages: what changed, for those who may see it. Text messages on the tunnel's WebSocket. */
import { z } from 'zod'
import { approval, call, session } from './model.ts'

export const push = z.discriminatedUnion('type', [
  z.object({ type: z.literal('approval'), approval }),
  z.object({ type: z.literal('session'), session }),
  z.object({ type: z.literal('call'), call }),
  z.object({ type: z.literal('checkpoint'), note: z.string() }),
  z.object({ type: z.literal('connections') }),
  /** a version came into force, or something became of a proposal */
  z.object({ type: z.literal('policies') }),
  /** a rule, a request or a grant is another one now */
  z.object({ type: z.literal('access') }),
  /** of the person's own delegations, given or received, one is another one now */
  z.object({ type: z.literal('delegations') }),
  /** a rule of break-glass, or an opening, is another one now */
  z.object({ type: z.literal('break-glass') }),
  /** the disk of the evidence fills up or has room again, or a stored recording is not what the log knows */
  z.object({ type: z.literal('storage') }),
  /** answer to `renew` */
  z.object({ type: z.literal('renewed'), expiresAt: z.string() }),
])
export type Push = z.infer<typeof push>
