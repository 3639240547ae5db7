/** Witnesses of the log that somebody told this computer of, and what it has seen of their cosignatures: a part of `desktopContract`. */
import { z } from 'zod'
import { timestamp } from './ids.ts'

export const knownWitness = z.object({
  name: z.string(),
  /** its verifier key: name+id+base64 */
  key: z.string(),
  /** `cosigned`: it cosigned what is pinned, or the log grew a moment ago. `behind`: what is pinned lacks its cosignature. `never`: so does everything of this log. */
  state: z.enum(['cosigned', 'behind', 'never']),
  /** the newest checkpoint of this log that it cosigned, as far as this computer saw */
  last: z.object({ size: z.number().int(), at: timestamp }).optional(),
})
export type KnownWitness = z.infer<typeof knownWitness>

const witnesses = z.array(knownWitness)

export const witnessesContract = {
  'witnesses:list': { input: z.undefined(), output: witnesses },
  'witnesses:add': { input: z.string().trim().min(1).max(500), output: witnesses },
  'witnesses:remove': { input: z.string().max(500), output: witnesses },
} as const
