import { z } from 'zod'
import { recordingSummary } from './model.ts'

/** A recording as lists show it: on this computer, on the gateway, or both. */
export const libraryRow = recordingSummary.extend({
  here: z.boolean(),
  onGateway: z.boolean(),
  proof: z.enum(['unchecked', 'verified', 'failed']),
})
export type LibraryRow = z.infer<typeof libraryRow>
