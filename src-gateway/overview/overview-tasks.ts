import { randomInt } from 'node:crypto'
import { createVerdictCounter } from '../../src-core/recording/verdict-counter.ts'
import { parseRecordLine } from '../../src-core/recording/record-lines.ts'
import { readRecordingLines } from '../../src-node/read-recording-lines.ts'
import { recordingPaths } from '../../src-node/recording-paths.ts'
import type { HttpOutput } from '../../src-protocol/http-api.ts'
import type { Overview, OverviewApprovalsQuery, OverviewSessionsQuery, Period } from '../../src-protocol/overview.ts'
import { createApprovalRows } from './approval-rows.ts'
import { createControlFacts, type ControlFacts } from './control-facts.ts'
import { createActivityCounts, type SessionTally, type Tally } from './count-activity.ts'
import { createLogDigest, type LogHead } from './digest-log.ts'
import { openOverviewStore, type OverviewStore } from './overview-database.ts'
import { createOverviewSums } from './overview-sums.ts'
import { createSessionRows } from './session-rows.ts'

export interface LastUse {
  person: string
  connection: string
  sessions: number
  at: string
}

/** The sums, and questions about them: a thread of its own keeps them (overview-worker.ts). People are named by their `sub` only. */
export interface OverviewTasks {
  /** takes over the log up to there, and what running sessions did. @throws AppError LOG_CORRUPT */
  refresh(given: {
    head: LogHead
    tallies: readonly SessionTally[]
    at: string
  }): Promise<{ read: number; unknown: string[]; anew?: OverviewStore['anew'] }>
  /** counts some of the sessions that ended while nobody counted, from their recordings */
  countEnded(most: number): Promise<{ left: boolean; unreadable: string[] }>
  overview(given: { period: Period; at: string }): Promise<Overview>
  entries(period: Period): Promise<ReadonlyMap<string, number>>
  /** @throws AppError INVALID_REQUEST */
  sessions(query: OverviewSessionsQuery): Promise<HttpOutput<'overviewSessions'>>
  /** @throws AppError INVALID_REQUEST */
  approvals(query: OverviewApprovalsQuery): Promise<HttpOutput<'overviewApprovals'>>
  lastUses(given: undefined): Promise<LastUse[]>
  /** what tests of controls ask about the log */
  facts<K extends keyof ControlFacts>(given: { what: K; about: Parameters<ControlFacts[K]> }): Promise<ReturnType<ControlFacts[K]>>
}

export function createOverviewTasks(
  folders: { data: string; log: string; recordings: string },
  key: Uint8Array,
): OverviewTasks & { close(): void } {
  const store = openOverviewStore(folders.data, key)
  const { database } = store
  let { anew } = store
  const digest = createLogDigest(store, folders.log)
  const counts = createActivityCounts(store)
  const personOf = (sub: string) => ({ sub, name: sub })
  const sums = createOverviewSums(database, personOf)
  const sessionRows = createSessionRows(database, personOf)
  const approvalRows = createApprovalRows(database, personOf)
  const facts = createControlFacts(
    database,
    () => store.progress(),
    (below) => randomInt(below),
  )
  let last: Promise<unknown> = Promise.resolve()

  /** One after the other: what changes the sums reads them first. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }

  async function tallyOf(session: string): Promise<Tally | undefined> {
    const { finished, compressed } = recordingPaths(folders.recordings, session)
    // plain, compressed, and once more plain: it may be compressed in between, or put back
    for (const path of [finished, compressed, finished]) {
      try {
        return await tallyIn(path)
      } catch {
        // it is not there, or cannot be read there
      }
    }
    return undefined
  }

  return {
    refresh: ({ head, tallies, at }) =>
      inTurn(async () => {
        const read = await digest.catchUp(head)
        const unknown = counts.settle(tallies, at)
        const told = { read, unknown, ...(anew && { anew }) }
        anew = undefined
        return told
      }),
    countEnded: (most) => inTurn(() => counts.settleEnded(most, tallyOf)),
    overview: async ({ period, at }) => sums.overview(period, at),
    entries: async (period) => sums.entries(period),
    sessions: async (query) => sessionRows(query),
    approvals: async (query) => approvalRows(query),
    lastUses: async () => database.prepare<[], LastUse>('SELECT person, connection, sessions, at FROM last_use').all(),
    facts: async ({ what, about }) => (facts[what] as (...given: typeof about) => never)(...about),
    close: () => store.close(),
  }
}

async function tallyIn(path: string): Promise<Tally | undefined> {
  const counter = createVerdictCounter()
  const lines = readRecordingLines(path)
  for (;;) {
    const { value, done } = await lines.next()
    if (done) return value === 'damaged' ? undefined : { calls: counter.counts(), masks: counter.masks() }
    const parsed = parseRecordLine(value)
    if (parsed.ok) counter.add(parsed.record)
  }
}
