/** Whether a search over everything that a gateway recorded stays as fast when there is more of it. P11. */
import { join } from 'node:path'
import { createArchiveThread } from '../../src-gateway/recordings/archive-thread.ts'
import { documentTable, documentsEach, mergePart, openSearchDatabase, slotWidth } from '../../src-gateway/recordings/search-database.ts'
import { documentsOfFull } from '../../src-gateway/recordings/search-index.ts'
import { createSearchParts } from '../../src-gateway/recordings/search-parts.ts'
import { createDocuments } from '../../src-gateway/recordings/search-documents.ts'
import { connectionName } from '../../src-protocol/ids.ts'
import type { RecordingQuery } from '../../src-protocol/recording-search.ts'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { systemScheduler } from '../../src-node/scheduler.ts'
import type { Figures } from './bars.ts'
import { sessionIdOf } from './state-rows.ts'
import { median } from './statistics.ts'

export interface SearchTimes {
  sessions: number
  /** ms, p50, by what is searched for */
  ms: Record<string, number>
}

/** sessions that are written one after the other, of each size the newest */
const asOneEach = 1000
const sizes = [1000, 10_000, 100_000, 1_000_000]

/** What people search for: a word that every session has, one that few have, one that one has, filters, and a page far back. */
const queries = (sessions: number): Record<string, RecordingQuery> => ({
  'a common word': { text: 'select' },
  'a word of one session in 40': { text: 'ledger7' },
  'a word of one session': { text: `marker${Math.floor(sessions / 2)}` },
  'a word and a person': { text: 'orders', person: 'u-3' },
  'a tool and a connection': { tool: 'tool-2', connection: connectionName.parse('orders-db-2') },
  'a common word, far back': { text: 'select', cursor: String(sessions) },
})

export async function measureGatewaySearch(folder: string): Promise<SearchTimes[]> {
  const recordings = join(folder, 'gateway-search')
  const { database } = openSearchDatabase(recordings)
  database.pragma('synchronous = OFF')
  const addSession = database.prepare('INSERT INTO session (log_index, session, started_at, ended_at, bytes) VALUES (?, ?, ?, ?, 1000)')
  const times: SearchTimes[] = []
  const parts = createSearchParts(database, documentsOfFull)
  /** sessions from one number up to another, all in one slot of the log */
  const fill = (from: number, upTo: number, { part }: ReturnType<typeof parts.place>) => {
    const addDocument = database.prepare(`INSERT INTO ${documentTable(part.number)} (rowid, text, facets) VALUES (?, ?, ?)`)
    for (let there = from; there < upTo; there += 1) {
      const number = there % 4
      const at = new Date(Date.UTC(2026, 10, 22) - 10_000 * (1_000_000 - there)).toISOString()
      addSession.run(there * 2, sessionIdOf(there), at, at)
      let place = 0
      const write = ({ text, facets }: { text: string; facets: string }) =>
        addDocument.run(there * 2 * documentsEach + place++, text, facets)
      const documents = createDocuments({ connection: `orders-db-${number}`, person: `u-${(there >> 2) % 4}` }, write)
      documents.add(openRecordFixture({ reason: `Refund ${there} is stuck` }))
      const body = `SELECT id FROM orders WHERE ledger${there % 40} = 'marker${there}'`
      documents.add({ ...messageRecordFixture(1), kind: 'request', direction: 'client', tool: `tool-${number}`, body })
      documents.end()
      parts.wrote(part, place)
    }
  }
  const fillAtOnce = database.transaction(fill)
  const each = slotWidth / 2
  for (const [place, sessions] of sizes.entries()) {
    for (let from = sizes[place - 1] ?? 0; from < sessions; from = Math.floor(from / each + 1) * each) {
      const end = Math.floor(from / each + 1) * each
      const placed = parts.place(from * 2)
      // the newest as a gateway does it, one after the other: their pieces are merged by and by
      const step = end > sessions - asOneEach ? 1 : each
      for (let at = from; at < Math.min(sessions, end); at += step) fillAtOnce(at, Math.min(sessions, end, at + step), placed)
      // as the gateway does with a part that is full
      for (const { number } of placed.full) await mergePart(database, number, () => Promise.resolve())
    }
    database.pragma('wal_checkpoint(TRUNCATE)')
    const ms: Record<string, number> = {}
    // through the thread, as the gateway asks; opened anew, because it knows the parts that it has opened and made itself
    const thread = createArchiveThread({ folder: recordings, scheduler: systemScheduler })
    for (const [name, query] of Object.entries(queries(sessions))) {
      ms[name] = await p50(async () => {
        const { found } = await thread.call('find', query)
        if (found.length === 0) throw new Error(`${name}: nothing was found among ${sessions} sessions`)
      })
    }
    await thread.close()
    times.push({ sessions, ms })
  }
  database.close()
  return times
}

export function gatewaySearchFigures(times: readonly SearchTimes[]): Figures {
  const [few, many] = [times[0], times.at(-1)]
  if (!few || !many) return {}
  return { 'p11-gateway-search': { value: Math.max(...Object.entries(many.ms).map(([name, ms]) => ms / (few.ms[name] ?? Number.NaN))) } }
}

async function p50(read: () => Promise<unknown>, tries = 200): Promise<number> {
  const times: number[] = []
  for (let done = 0; done < tries; done += 1) {
    const at = performance.now()
    await read()
    times.push(performance.now() - at)
  }
  return median(times.slice(tries / 10))
}
