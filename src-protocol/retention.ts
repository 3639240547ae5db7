/** How long recordings are kept, what holds them beyond that, and where a second copy of them lies. */
import { z } from 'zod'
import { connectionName, holdId, sessionId, sha256Hex, timestamp } from './ids.ts'
import { section } from './section.ts'

const days = z.number().int().min(1).max(36_500)

/** In the gateway's configuration. */
const retentionFields = {
  /** finished recordings that are older are removed; without it only those of the connections named below */
  days: days.optional(),
  /** another time for single connections; `keep`: their recordings are never removed */
  connections: z.record(z.string(), z.union([days, z.literal('keep')])).default({}),
  /** no rule removes what is younger */
  minimumDays: days.default(30),
  /** a changed rule removes nothing until the gateway has run for so long with it: time to see what it would remove, and to hold it */
  noticeDays: z.number().int().min(0).max(365).default(3),
  /** of the recordings that are stored, at most so many are removed within a day (never fewer than 50 are allowed) */
  mostPercentADay: z.number().positive().max(100).default(10),
}

/** What the log says of a rule: nothing but such an entry lets a recording be removed. */
export const retentionTerms = z.object(retentionFields)
export type RetentionTerms = z.infer<typeof retentionTerms>

export const retentionConfig = section(retentionFields).superRefine((value, context) => {
  const named = Object.entries(value.connections).map(([name, given]) => ({ path: ['connections', name], given }))
  for (const { path, given } of [{ path: ['days'], given: value.days }, ...named]) {
    if (typeof given === 'number' && given < value.minimumDays)
      context.addIssue({ code: 'custom', path, message: `fewer than minimumDays (${value.minimumDays})` })
  }
  for (const { path } of named) {
    if (!connectionName.safeParse(path[1]).success) context.addIssue({ code: 'custom', path, message: 'not the name of a connection' })
  }
})

/** What a hold keeps: sessions that fit all that is given here, those that come later included. */
export const holdSelection = z
  .object({
    sessions: z.array(sessionId).min(1).max(500).optional(),
    /** `sub` of the person */
    person: z.string().min(1).max(255).optional(),
    connection: connectionName.optional(),
    /** by the end of the session, as the log has it: at this moment or later, and before that one */
    endedFrom: timestamp.optional(),
    endedBefore: timestamp.optional(),
  })
  .refine((selection) => Object.values(selection).some((value) => value !== undefined), 'a hold names what it keeps')
export type HoldSelection = z.infer<typeof holdSelection>

/** How many administrators it takes to release a hold. */
export const releaseApprovals = z.union([z.literal(1), z.literal(2)])

export const holdReason = z.string().trim().min(3).max(1000)
export const holdRequest = z.object({ selection: holdSelection, reason: holdReason })
export type HoldRequest = z.infer<typeof holdRequest>

export const hold = z.object({
  id: holdId,
  selection: holdSelection,
  reason: z.string(),
  by: z.string(),
  at: timestamp,
  /** of its entry in the log */
  index: z.number().int(),
  /** how many administrators it takes to release it: as when it was placed */
  approvals: releaseApprovals,
  /** somebody asked for its release, and another administrator has to agree */
  asked: z.object({ by: z.string(), at: timestamp, reason: z.string() }).optional(),
  released: z.object({ by: z.string(), at: timestamp, reason: z.string() }).optional(),
})
export type Hold = z.infer<typeof hold>

const base = { v: z.literal(1), at: timestamp }
export const retentionEntries = [
  /** from now on these are the terms; the gateway's configuration says so */
  z.object({ ...base, kind: z.literal('recording.retention'), terms: retentionTerms }),
  /** a rule of retention removes this recording: written before the file goes, and only after the file gave the root that the log has of it */
  z.object({
    ...base,
    kind: z.literal('recording.removed'),
    session: sessionId,
    /** as in its session.close entry, and the index of that entry */
    count: z.number().int(),
    root: sha256Hex,
    closed: z.number().int().nonnegative(),
    /** index of the recording.retention entry in force, and what it says for this connection */
    rule: z.number().int().nonnegative(),
    days: z.number().int(),
  }),
  z.object({
    ...base,
    kind: z.literal('recording.hold'),
    hold: holdId,
    selection: holdSelection,
    reason: z.string(),
    by: z.string(),
    approvals: releaseApprovals,
  }),
  /** `release-asked` waits for another administrator, who agrees (`released`) or does not (`release-refused`) */
  z.object({
    ...base,
    kind: z.enum(['recording.release-asked', 'recording.release-refused', 'recording.released']),
    hold: holdId,
    by: z.string(),
    reason: z.string(),
  }),
] as const

/** A recording that is no longer stored, because a rule of retention removed it. */
export const removedRecording = z.object({ at: timestamp, logIndex: z.number().int() })

/** What the screen of retention shows. */
export const retentionOverview = z.object({
  rule: z.object({ terms: retentionTerms, index: z.number().int(), at: timestamp, countsFrom: z.enum(['now', 'after-notice']) }).optional(),
  /** the next that the rule removes, the earliest first; `waits`: why one that is due stays for now */
  next: z.array(
    z.object({
      session: sessionId,
      connection: connectionName,
      person: z.string(),
      endedAt: timestamp,
      dueAt: timestamp,
      waits: z.enum(['notice', 'clock', 'share', 'finding', 'upkeep']).optional(),
    }),
  ),
  /** recordings that a hold keeps, of those that are due */
  heldDue: z.number().int(),
  removed: z.object({ total: z.number().int(), lastAt: timestamp.optional() }),
  holds: z.array(hold),
  /** of a new hold */
  releaseApprovals,
})
export type RetentionOverview = z.infer<typeof retentionOverview>

const nothing = z.object({})
const ofHold = z.object({ id: holdId })

/** Part of the HTTP API: see http-api.ts. */
export const retentionApi = {
  retention: { method: 'GET', path: '/api/v1/retention', params: nothing, input: nothing, output: retentionOverview },
  placeHold: { method: 'POST', path: '/api/v1/retention/holds', params: nothing, input: holdRequest, output: hold },
  /** releases it, or asks for it where another administrator has to agree */
  releaseHold: {
    method: 'POST',
    path: '/api/v1/retention/holds/:id/release',
    params: ofHold,
    input: z.object({ reason: holdReason }),
    output: hold,
  },
  /** the hold stays */
  refuseRelease: {
    method: 'POST',
    path: '/api/v1/retention/holds/:id/refusal',
    params: ofHold,
    input: z.object({ reason: holdReason }),
    output: hold,
  },
} as const
