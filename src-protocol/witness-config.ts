import { z } from 'zod'
import { section } from './section.ts'

/** Configuration of `gatehouse witness` (YAML). */
export const witnessConfig = section({
  listen: section({ host: z.string().default('127.0.0.1'), port: z.number().int().min(0).max(65535).default(7430) }),
  /** under which its cosignatures stand, such as witness.example/w1 */
  name: z.string().regex(/^[^\s+]+$/, 'no spaces, no plus sign'),
  /** its key, and the checkpoint that it cosigned last of each log: not on the computer of a log that it watches */
  data: z.string(),
  /** verifier keys of the logs (name+id+base64); several of one name are keys of one log */
  logs: z.array(z.string()).min(1),
})
