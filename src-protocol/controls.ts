/** The SOC 2 page: what is held for each criterion in a period, and tests of the controls that run when they are asked for. */
import { z } from 'zod'
import { timestamp } from './ids.ts'
import { period } from './overview.ts'

export const controlId = z.enum(['CC6.1', 'CC6.2', 'CC6.3', 'CC6.6', 'CC7.2', 'CC7.3', 'CC8.1', 'C1.1', 'PI1.4', 'A1.2'])
export type ControlId = z.infer<typeof controlId>

/** Where in the window the rows of a number are. */
export const evidenceLink = z.enum([
  'sessions',
  'denied',
  'held',
  'masked',
  'approvals',
  'gaps',
  'policies',
  'masking',
  'access-review',
  'break-glass',
  'evidence',
])

export const controlEvidence = z.object({
  control: controlId,
  held: z.array(z.object({ what: z.string(), count: z.number().int(), link: evidenceLink.optional() })),
  /** what is not held, in plain words; empty: nothing that we know of */
  missing: z.array(z.string()),
})
export type ControlEvidence = z.infer<typeof controlEvidence>
export const controlsReport = z.object({ period, at: timestamp, controls: z.array(controlEvidence) })

export const controlTestResult = z.object({
  control: controlId,
  /** `not-possible`: there is nothing to try it on */
  outcome: z.enum(['held', 'failed', 'not-possible']),
  /** what was done and seen, one sentence each */
  steps: z.array(z.string()),
  at: timestamp,
  tookMs: z.number(),
  /** its entry in the log */
  logIndex: z.number().int(),
})
export type ControlTestResult = z.infer<typeof controlTestResult>
