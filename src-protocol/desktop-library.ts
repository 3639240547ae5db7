/**
 * The part of the desktop's contract about recordings on this computer: the library, its imports, and what a replay loads.
 */
import { z } from 'zod'
import { openedPack } from './evidence.ts'
import { connectionName, sessionId, timestamp } from './ids.ts'
import { comparedCalls, comparisonRequest } from './library-comparison.ts'
import { libraryRow } from './library-row.ts'
import { verdict } from './model.ts'
import { verification } from './verification.ts'

const nothing = z.undefined()

/** One row of a replay: small enough to load all of them. */
export const replayRow = z.object({
  seq: z.number().int(),
  at: z.string(),
  kind: z.enum(['open', 'request', 'response', 'notification', 'approval', 'error', 'resume', 'live-watch', 'close']),
  direction: z.enum(['client', 'server']).optional(),
  exchange: z.number().int().optional(),
  method: z.string().optional(),
  tool: z.string().optional(),
  verdict: verdict.optional(),
  rule: z.string().optional(),
  /** one masked line */
  summary: z.string(),
  bytes: z.number().int(),
  masks: z.number().int(),
})
export type ReplayRow = z.infer<typeof replayRow>

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array)

/** All rows of a replay as columns (little endian): `src-core/recording/replay-columns.ts` says what stands in them. */
export const replayColumns = z.object({
  count: z.number().int(),
  /** epoch ms of the first record */
  startedAt: z.number(),
  /** Uint32, ms since the first record */
  offsets: bytes,
  kinds: bytes,
  verdicts: bytes,
  tools: z.array(z.string()),
  /** Uint16, 1 + index into `tools`, or 0 */
  toolCodes: bytes,
  /** Int32, the first row of the same exchange, or -1 */
  heads: bytes,
})
export type ReplayColumns = z.infer<typeof replayColumns>

export const proofFilter = z.enum(['unchecked', 'verified', 'failed', 'on-gateway'])
/** absent: no restriction */
const recordingFilters = z.object({
  text: z.string().max(200).optional(),
  /** sessions that began at or after this time */
  from: timestamp.optional(),
  /** and before this one */
  until: timestamp.optional(),
  connection: z.string().max(200).optional(),
  /** a person's `sub` */
  person: z.string().max(500).optional(),
})

/** A page of recordings. */
export const libraryQuery = recordingFilters.extend({
  hereOnly: z.boolean().optional(),
  /** at least one call had this verdict */
  verdict: z.enum(['masked', 'held', 'denied']).optional(),
  proof: proofFilter.optional(),
  sort: z.enum(['started', 'connection', 'person', 'reason', 'allowed', 'masked', 'held', 'denied', 'length']).optional(),
  ascending: z.boolean().optional(),
  /** where the page before ended */
  cursor: z.string().max(4000).optional(),
  limit: z.number().int().min(1).max(500).optional(),
})
export type LibraryQuery = z.infer<typeof libraryQuery>

/** Records of all sessions on this computer, the newest session first. */
export const recordQuery = recordingFilters.extend({
  text: z.string().max(200),
  tool: z.string().max(500).optional(),
  rule: z.string().max(500).optional(),
  verdict: verdict.optional(),
  cursor: z.string().max(4000).optional(),
  limit: z.number().int().min(1).max(200).optional(),
})
export type RecordQuery = z.infer<typeof recordQuery>

export const recordHit = z.object({
  session: sessionId,
  connection: connectionName,
  person: z.string(),
  startedAt: z.string(),
  row: replayRow,
  /** a piece of the record around the first word that was found, and where in it words stand: to be shown as text */
  excerpt: z.string(),
  marks: z.array(z.tuple([z.number().int(), z.number().int()])),
})
export type RecordHit = z.infer<typeof recordHit>

export const importOutcome = z.object({ rows: z.array(libraryRow), pack: openedPack.optional() })
export type ImportOutcome = z.infer<typeof importOutcome>

/** what was opened before, of several files at once */
const otherFiles = z
  .array(
    z.object({
      file: z.string(),
      recordings: z.number().int(),
      failed: z.number().int(),
      problem: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).optional(),
    }),
  )
  .optional()

/** An import, also one that was begun outside the window: by a file that was opened with the application. */
export const importState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('running'), file: z.string(), done: z.number(), total: z.number() }),
  z.object({
    state: z.literal('finished'),
    file: z.string(),
    recordings: z.number().int(),
    failed: z.number().int(),
    pack: openedPack.optional(),
    others: otherFiles,
  }),
  z.object({ state: z.literal('failed'), file: z.string(), code: z.string(), message: z.string(), remedy: z.string(), others: otherFiles }),
])
export type ImportState = z.infer<typeof importState>

const tally = z.array(z.object({ value: z.string(), label: z.string().optional(), count: z.number().int() }))
/** What filters over the recordings of this computer can choose from, the most frequent first. */
export const libraryFacets = z.object({ connections: tally, people: tally, proofs: tally, tools: tally, rules: tally })
export type LibraryFacets = z.infer<typeof libraryFacets>

/** Channels of the library and the replay: joined into `desktopContract`. */
export const libraryContract = {
  /** local rows always; the gateway's too while it can be reached and the person may see them */
  'library:list': {
    input: libraryQuery,
    output: z.object({
      rows: z.array(libraryRow),
      /** of everything that is known, whatever is filtered */
      total: z.number().int(),
      /** recordings on this computer */
      here: z.number().int(),
      offline: z.boolean(),
      /** for the next page; absent on the last one */
      next: z.string().optional(),
    }),
  },
  'library:facets': { input: nothing, output: libraryFacets },
  'library:find': { input: recordQuery, output: z.object({ hits: z.array(recordHit), next: z.string().optional() }) },
  'library:download': { input: z.array(sessionId).max(500), output: z.array(libraryRow) },
  'library:remove': { input: sessionId, output: nothing },
  /** file dialog in main; a recording or an evidence pack, verified before anything of it is kept. No rows: cancelled in the dialog */
  'library:import': { input: nothing, output: importOutcome },
  /** the import that runs or ran last */
  'library:import-state': { input: nothing, output: importState.optional() },
  /** stops the import that runs, if one does */
  'library:cancel-import': { input: nothing, output: nothing },
  'library:get': { input: sessionId, output: z.object({ row: libraryRow, rows: z.array(replayRow) }) },
  'library:compare': { input: comparisonRequest, output: z.object({ left: libraryRow, right: libraryRow, pairs: comparedCalls }) },
  /** a replay without its texts, which `library:rows` gives for the rows that are drawn */
  'library:open': { input: sessionId, output: z.object({ row: libraryRow, columns: replayColumns }) },
  'library:rows': {
    input: z.object({ session: sessionId, seqs: z.array(z.number().int().nonnegative()).max(500) }),
    output: z.array(replayRow),
  },
  /** the stored line, as text: hostile input, to be parsed with care and never rendered as HTML */
  'library:record': {
    input: z.object({ session: sessionId, seq: z.number().int() }),
    output: z.object({ line: z.string(), leaf: z.string() }),
  },
  /** the records in which the words occur: bit `seq % 8` of byte `seq >> 3` */
  'library:search': {
    input: z.object({ session: sessionId, text: z.string().max(200) }),
    output: z.object({ count: z.number().int(), bits: bytes }),
  },
  'library:verify': { input: z.object({ session: sessionId, seq: z.number().int().optional() }), output: verification },
  /** writes recording, proof and verifier key into a folder the person chooses; empty when cancelled */
  'library:export': { input: z.array(sessionId).min(1).max(500), output: z.array(z.string()) },
} as const satisfies Record<`${string}:${string}`, { input: z.ZodType; output: z.ZodType }>
