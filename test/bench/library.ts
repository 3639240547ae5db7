/** The offline library at the size of a large company: P8, and what P11 says about lists. Asked as the window asks: through the library's threads. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { fixtureVerifierKey, proofFixture, recordingText } from '../../src-core/recording/sealed-recording.fixture.ts'
import { summariseRecords } from '../../src-core/recording/summarise-recording.ts'
import { openLibraryDatabase } from '../../src-main/services/library/library-database.ts'
import { openLibraryThreads, type RemoteLibrary } from '../../src-main/services/library/library-threads.ts'
import { createStoredRecordings } from '../../src-main/services/library/stored-recordings.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import type { Figures } from './bars.ts'
import { searches, sessionOfTexts } from './library-texts.ts'
import { sessionIdOf } from './state-rows.ts'
import { median, quantile } from './statistics.ts'

const log = pino({ level: 'silent' })

/** Written as an import writes, without the checks of an import: those have bars of their own. */
export function fillLibrary(file: string, sessions: Iterable<SessionRecord[]>): void {
  const database = openLibraryDatabase(file)
  database.pragma('synchronous = OFF')
  const recordings = createStoredRecordings(database)
  let waiting: SessionRecord[][] = []
  const write = database.transaction(() => {
    for (const records of waiting) {
      const [open] = records
      if (open?.kind !== 'open') throw new Error('a recording of the benchmark does not open a session')
      const text = recordingText(records)
      const bytes = Buffer.from(text)
      const lines = text
        .split('\n')
        .slice(0, -1)
        .map((line) => Buffer.from(line))
      const proof = records.length > 10_000 ? proofFixture(text, { entry: { session: open.session } }) : ''
      recordings.put(
        { bytes, lines, records, open, summary: summariseRecords(records, bytes.length) },
        proof,
        fixtureVerifierKey,
        'verified',
      )
    }
  })
  for (const records of sessions) {
    waiting.push(records)
    if (waiting.reduce((sum, { length }) => sum + length, 0) < 20_000) continue
    write()
    waiting = []
  }
  write()
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}

function* sessionsOf(from: number, to: number, records: number): Generator<SessionRecord[]> {
  for (let counter = from; counter < to; counter += 1) {
    const startedAt = Date.UTC(2026, 0, 1) + counter * 240_000
    yield sessionOfTexts({ session: sessionIdOf(counter) as SessionId, counter, records, startedAt })
  }
}

const searchRounds = 12

/** First results of what people look for among a million records. The list, from which one searches, has opened the library before. */
export async function measureRecordSearch(folder: string, sessions = 1000, records = 1000): Promise<Figures> {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'million.sqlite')
  fillLibrary(file, sessionsOf(0, sessions, records))
  const library = openLibraryThreads({ file, log })
  const start = performance.now()
  await library.page({})
  const opening = performance.now() - start
  const times: number[] = []
  const slowest = { text: '', ms: 0 }
  for (let round = 0; round < searchRounds; round += 1) {
    for (const text of searches) {
      const facets = round % 3 === 1 ? { person: 'u-1' } : round % 3 === 2 ? { verdict: 'denied' as const, tool: 'execute_sql' } : {}
      const started = performance.now()
      await library.find({ text, ...facets })
      const ms = performance.now() - started
      times.push(ms)
      if (ms > slowest.ms) Object.assign(slowest, { text, ms })
    }
  }
  const { records: there } = await library.totals()
  await library.close()
  if (there !== sessions * records) throw new Error(`the library has ${there} records`)
  process.stderr.write(`library opened in ${opening.toFixed(1)} ms; slowest search: ${slowest.text}, ${slowest.ms.toFixed(1)} ms\n`)
  return { 'p8-search': { value: quantile(times, 0.95), each: [median(times), slowest.ms] } }
}

const librarySizes = [1000, 100_000]

export interface LibraryTimes {
  recordings: number
  /** ms, p50: one that is meant, a page of the many in which a word is, the next page, a page without any word */
  one: number
  many: number
  next: number
  list: number
}

/** The list of recordings of one computer, and searches in it. Every recording has three records. */
export async function measureLibraryPages(folder: string): Promise<LibraryTimes[]> {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'library.sqlite')
  const times: LibraryTimes[] = []
  let there = 0
  for (const recordings of librarySizes) {
    fillLibrary(file, sessionsOf(there, recordings, 3))
    there = recordings
    const library = openLibraryThreads({ file, log })
    const middle = recordings / 2
    times.push({
      recordings,
      one: await p50(async () => only(await library.page({ text: `"Refund ${middle} is"` }), 1)),
      many: await p50(async () => only(await library.page({ text: 'refund stuck' }), 100)),
      next: await p50(await secondPage(library)),
      list: await p50(async () => only(await library.page({}), 100)),
    })
    await library.close()
  }
  return times
}

/** The page behind the first. What comes before a page is passed over by the index: a page deep in 100,000 hits takes some ms more. */
async function secondPage(library: RemoteLibrary): Promise<() => Promise<void>> {
  const { next } = await library.page({ text: 'refund' })
  if (next === undefined) throw new Error('the first page is the last one')
  return async () => only(await library.page({ text: 'refund', cursor: next }), 100)
}

function only({ rows }: { rows: readonly unknown[] }, count: number): void {
  if (rows.length !== count) throw new Error(`${rows.length} recordings were found instead of ${count}`)
}

/** The largest of the ratios: none of them may grow. */
export function libraryFigures(times: readonly LibraryTimes[]): Figures {
  const [few, many] = [times[0], times.at(-1)]
  if (!few || !many) return {}
  const ratios = (['one', 'many', 'next', 'list'] as const).map((name) => many[name] / few[name])
  return { 'p11-search': { value: Math.max(...ratios), each: ratios } }
}

async function p50(read: () => Promise<void>, tries = 220): Promise<number> {
  const times: number[] = []
  for (let done = 0; done < tries; done += 1) {
    const at = performance.now()
    await read()
    times.push(performance.now() - at)
  }
  return median(times.slice(tries / 10))
}
