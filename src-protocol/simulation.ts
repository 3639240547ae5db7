/** What a policy draft would have decided about recorded messages. */
import { z } from 'zod'
import { connectionName, sessionId, timestamp } from './ids.ts'
import { effect } from './model.ts'

/** `indeterminate`: the answer hangs on a value that was masked in the recording */
export const simulatedEffect = z.enum([...effect.options, 'indeterminate'])
export type SimulatedEffect = z.infer<typeof simulatedEffect>

/** A recorded message about which the draft says something else; `session` and `seq` lead to it. */
export const simulatedChange = z.object({
  session: sessionId,
  seq: z.number().int().nonnegative(),
  at: timestamp,
  person: z.object({ sub: z.string(), name: z.string() }),
  connection: connectionName,
  method: z.string(),
  tool: z.string().optional(),
  from: effect,
  fromRule: z.string().nullable(),
  to: simulatedEffect,
  rule: z.string().nullable(),
  because: z.string(),
})
export type SimulatedChange = z.infer<typeof simulatedChange>

export const policySimulation = z.object({
  policyVersion: z.string(),
  sessions: z.number().int(),
  messages: z.number().int(),
  /** records whose message could not be read */
  unreadable: z.number().int(),
  /** how many messages went from what was decided to what would be; unchanged ones too */
  transitions: z.array(z.object({ from: effect, to: simulatedEffect, count: z.number().int() })),
  changes: z.array(simulatedChange),
})
export type PolicySimulation = z.infer<typeof policySimulation>
