/** Recordings that are fetched from the gateway into the library of this computer, and the room that the library has: a part of `desktopContract`. */
import { z } from 'zod'
import { sessionId } from './ids.ts'
import { libraryRow } from './library-row.ts'
import { recordingQuery } from './recording-search.ts'

const nothing = z.undefined()

const failure = z.object({ code: z.string(), message: z.string(), remedy: z.string() })

/** Which recordings of the gateway: the filters of its search. */
export const downloadFilter = recordingQuery.omit({ cursor: true, limit: true })
export type DownloadFilter = z.infer<typeof downloadFilter>

export const downloadsState = z.object({
  /** `listing`: the gateway is asked which recordings match. `waiting`: for the gateway or a sign-in; it goes on by itself. `paused`: until somebody resumes. */
  state: z.enum(['idle', 'listing', 'running', 'waiting', 'paused']),
  /** why it waits, or why it was paused without anybody asking for it */
  problem: failure.optional(),
  recordings: z.object({ total: z.number().int(), done: z.number().int(), failed: z.number().int() }),
  /** of those whose size is known */
  bytes: z.object({ total: z.number(), done: z.number() }),
  /** matched, and the gateway could not search them yet when it was asked */
  unsearched: z.number().int(),
  /** those that could not be had, the first of them */
  failures: z.array(failure.extend({ session: sessionId })),
})
export type DownloadsState = z.infer<typeof downloadsState>

/** What the library takes of this computer's disk. */
export const libraryRoom = z.object({
  recordings: z.number().int(),
  /** the library, and what is being downloaded */
  usedBytes: z.number(),
  limitBytes: z.number(),
  /** of the disk */
  freeBytes: z.number(),
})
export type LibraryRoom = z.infer<typeof libraryRoom>

export const downloadsContract = {
  'downloads:get': { input: nothing, output: downloadsState },
  /** all recordings of the gateway that match; what is here and verified already is left out */
  'downloads:add-matching': { input: downloadFilter, output: downloadsState },
  'downloads:add': { input: z.array(sessionId).min(1).max(500), output: downloadsState },
  'downloads:pause': { input: nothing, output: downloadsState },
  'downloads:resume': { input: nothing, output: downloadsState },
  /** forgets what was not fetched yet; what has arrived stays */
  'downloads:cancel': { input: nothing, output: downloadsState },
  /** tries what failed once more */
  'downloads:retry': { input: nothing, output: downloadsState },
  /** takes what is over from the screen */
  'downloads:dismiss': { input: nothing, output: downloadsState },

  'library:room': { input: nothing, output: libraryRoom },
  /** the oldest recordings on this computer, as many as take so many bytes: a proposal, nothing is removed by it */
  'library:oldest': { input: z.object({ bytes: z.number().nonnegative() }), output: z.array(libraryRow) },
  /** from this computer; the gateway's recordings stay */
  'library:remove-many': { input: z.array(sessionId).min(1).max(500), output: libraryRoom },
} as const

export const downloadsEvents = { 'downloads:changed': downloadsState } as const
