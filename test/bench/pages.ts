/** Whether lists stay as fast when there is more to list. P11. Rows of the index, written in bulk and read through the product's own stores. */
import { mkdirSync } from 'node:fs'
import { createRecordingIndex } from '../../src-gateway/recordings/recording-index.ts'
import { createSessionStore } from '../../src-gateway/sessions/session-store.ts'
import { openState } from '../../src-gateway/state/state-database.ts'
import type { Figures } from './bars.ts'
import { insertRows, recordingRow, sessionIdOf, sessionRow } from './state-rows.ts'
import { median } from './statistics.ts'
import { idleArchive } from '../../src-gateway/recordings/idle-archive.fixture.ts'
import { createRemovals } from '../../src-gateway/retention/removals.ts'

export interface PageTimes {
  sessions: number
  /** ms, p50 */
  newest: number
  ownNewest: number
  firstPage: number
  deepPage: number
}

const sizes = [1000, 10_000, 100_000, 1_000_000]

export async function measurePages(folder: string): Promise<PageTimes[]> {
  mkdirSync(folder, { recursive: true })
  const unused = () => Promise.reject(new Error('lists read no recording and no log'))
  const log = { append: unused, tlogProof: unused } as unknown as Parameters<typeof createRecordingIndex>[0]['log']
  const times: PageTimes[] = []
  let there = 0
  for (const sessions of sizes) {
    await fill(folder, there + 1, sessions)
    there = sessions
    // as after a start: neither what is remembered of a smaller table may count, nor the write-ahead log and the garbage of a million rows written at once
    const state = await openState(folder)
    const store = createSessionStore(state.database)
    const index = createRecordingIndex({
      database: state.database,
      recordings: { readText: unused },
      log,
      archive: idleArchive,
      removals: createRemovals({ database: state.database, log }),
    })
    const { next } = await index.list({ limit: 100 })
    if (next === undefined) throw new Error('the first page of recordings is the last one')
    times.push({
      sessions,
      newest: await p50(() => store.newest(200)),
      ownNewest: await p50(() => store.newest(200, 'u-1')),
      firstPage: await p50(() => index.list({ limit: 100 })),
      deepPage: await p50(() => index.list({ limit: 100, cursor: String(sessions) })),
    })
    state.close()
  }
  return times
}

/** Sessions from one number up to another, written row by row. */
async function fill(folder: string, from: number, upTo: number): Promise<void> {
  function* rows(rowOf: (counter: number) => ReturnType<typeof sessionRow>): Generator<ReturnType<typeof sessionRow>> {
    for (let counter = from; counter <= upTo; counter += 1) yield rowOf(counter)
  }
  const state = await openState(folder)
  insertRows(
    state.connection,
    'sessions',
    rows((counter) => sessionRow(sessionIdOf(counter), counter)),
  )
  insertRows(
    state.connection,
    'recordings',
    rows((counter) => recordingRow(sessionIdOf(counter), counter)),
  )
  state.close()
}

export function pageFigures(times: readonly PageTimes[]): Figures {
  const [few, many] = [times[0], times.at(-1)]
  if (!few || !many) return {}
  return {
    'p11-list': { value: Math.max(many.newest / few.newest, many.ownNewest / few.ownNewest) },
    'p11-page': { value: Math.max(many.firstPage / few.firstPage, many.deepPage / few.deepPage) },
  }
}

async function p50(read: () => unknown, tries = 220): Promise<number> {
  const times: number[] = []
  for (let done = 0; done < tries; done += 1) {
    const at = performance.now()
    await read()
    times.push(performance.now() - at)
  }
  return median(times.slice(tries / 10))
}
