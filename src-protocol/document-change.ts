/** What a version of the policy or masking document changed: said in the log when it is put in force. */
import { z } from 'zod'
import { sha256Hex } from './ids.ts'

const names = z.array(z.string())

export const documentChange = z.object({
  /** the version that was in force before; the difference of both texts is fixed by both hashes */
  base: sha256Hex,
  linesAdded: z.number().int().nonnegative(),
  linesRemoved: z.number().int().nonnegative(),
  /** by their ids; of what was changed, which members: never what stands in them. Missing if one of the texts could not be read */
  rules: z
    .object({
      added: names,
      changed: z.array(z.object({ rule: z.string(), parts: names })),
      removed: names,
      /** how many more there are than are named */
      more: z.number().int().positive().optional(),
    })
    .optional(),
  /** other parts of the document that changed: its name, its examples */
  other: names.optional(),
})
export type DocumentChange = z.infer<typeof documentChange>
