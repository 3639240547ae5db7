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
  /** one masked line of what was asked */
  summary: z.string(),
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

export const simulationId = z.string().regex(/^sim_[A-Za-z0-9]{16}$/)

/** A draft, and the recordings of the gateway over which it is run: the newest first, at most `limit`. */
export const simulationRequest = z.object({
  text: z.string().max(1_000_000),
  filter: z.object({
    /** empty or absent: all */
    connections: z.array(connectionName).max(500).optional(),
    /** sessions that were running between the two */
    from: timestamp.optional(),
    to: timestamp.optional(),
    limit: z.number().int().min(1).max(10_000),
  }),
})
export type SimulationRequest = z.infer<typeof simulationRequest>

export const simulationRun = z.object({
  id: simulationId,
  state: z.enum(['running', 'done', 'cancelled', 'failed']),
  /** name of the person who started it */
  by: z.string(),
  startedAt: timestamp,
  endedAt: timestamp.optional(),
  /** recordings */
  done: z.number().int(),
  /** 0 while they are being found */
  total: z.number().int(),
  /** recordings that could not be read to their end */
  skipped: z.number().int(),
  /** once it is done */
  result: policySimulation.optional(),
})
export type SimulationRun = z.infer<typeof simulationRun>
