/** Search in what was recorded: over all sealed recordings of a gateway, by filters and by words in the messages. */
import { z } from 'zod'
import { connectionName, timestamp } from './ids.ts'
import { recordingSummary, verdict } from './model.ts'

export const searchedVerdict = verdict.extract(['allowed', 'masked', 'held', 'denied'])
export type SearchedVerdict = z.infer<typeof searchedVerdict>

/** Everything that is named must hold. Text, tool, rule and verdict must hold of one and the same call. */
export const recordingQuery = z.object({
  /** every word has to occur; the beginning of a word is enough */
  text: z.string().trim().max(200).optional(),
  connection: connectionName.optional(),
  /** a person's `sub` */
  person: z.string().max(256).optional(),
  tool: z.string().max(256).optional(),
  verdict: searchedVerdict.optional(),
  /** of a decision or a mask */
  rule: z.string().max(256).optional(),
  /** sessions that ran after this time, and before that one */
  from: timestamp.optional(),
  to: timestamp.optional(),
  cursor: z.string().max(20).optional(),
  limit: z.number().int().min(1).max(50).optional(),
})
export type RecordingQuery = z.infer<typeof recordingQuery>

/** Where the words stand. It is a text of a recording: hostile input, to be shown as text. */
export const recordingExcerpt = z.object({
  seq: z.number().int(),
  at: timestamp,
  /** of the tool, or the method of a message that is about none */
  subject: z.string(),
  parts: z.array(z.object({ text: z.string(), hit: z.boolean() })),
})
export type RecordingExcerpt = z.infer<typeof recordingExcerpt>

export const recordingHit = z.object({
  summary: recordingSummary,
  /** calls that fit, counted up to `mostCountedCalls`; 0: the session as a whole fits */
  calls: z.number().int(),
  excerpts: z.array(recordingExcerpt),
})
export type RecordingHit = z.infer<typeof recordingHit>

export const mostCountedCalls = 100

export const recordingHits = z.object({
  /** sealed last comes first */
  hits: z.array(recordingHit),
  /** there may be more, also after a page without hits: a search that takes long is cut into pages */
  next: z.string().optional(),
  /** sealed recordings that the search does not know yet */
  waiting: z.number().int(),
})
export type RecordingHits = z.infer<typeof recordingHits>
