/** Two recordings on this computer, call by call. */
import { z } from 'zod'
import { sessionId } from './ids.ts'

export const comparisonRequest = z.object({
  left: sessionId,
  right: sessionId,
  /** calls that differ in numbers, quoted texts and plain values only count as the same */
  ignoreValues: z.boolean(),
})
export type ComparisonRequest = z.infer<typeof comparisonRequest>

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)

/** Pairs of calls as columns (little endian), a few bytes each: the texts are asked for when a pair is drawn. */
export const comparedCalls = z.object({
  count: z.number().int(),
  /** Int32 each: the call's sequence number, or -1 where the other side has no such call */
  left: bytes,
  right: bytes,
  /** 1 + index into `verdictNames` of `src-core/recording/replay-columns.ts`, or 0 where there is no call */
  leftVerdicts: bytes,
  rightVerdicts: bytes,
})
export type ComparedCalls = z.infer<typeof comparedCalls>
