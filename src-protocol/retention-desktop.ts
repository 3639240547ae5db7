/** The desktop's channels for retention and holds, a part of `desktopContract`. */
import { z } from 'zod'
import { holdId } from './ids.ts'
import { hold, holdReason, holdRequest, retentionOverview } from './retention.ts'

const decision = z.object({ id: holdId, reason: holdReason })

export const retentionContract = {
  'retention:get': { input: z.undefined(), output: retentionOverview },
  'retention:place-hold': { input: holdRequest, output: hold },
  'retention:release-hold': { input: decision, output: hold },
  'retention:refuse-release': { input: decision, output: hold },
} as const
