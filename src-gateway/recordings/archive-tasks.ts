import { access, rm } from 'node:fs/promises'
import { compressRecording, type Compression } from '../../src-node/compress-recording.ts'
import { parseRecordLine } from '../../src-core/recording/record-lines.ts'
import { syncFolder } from '../../src-node/durable-file.ts'
import { recordingPaths } from '../../src-node/recording-paths.ts'
import { isRecordingOf } from '../../src-node/recording-tree.ts'
import type { RecordedSoFar } from '../../src-node/recording-writer.ts'
import type { RecordingExcerpt, RecordingQuery } from '../../src-protocol/recording-search.ts'
import { findExcerpts } from './find-excerpts.ts'
import { openSearchDatabase } from './search-database.ts'
import { createSearchIndex, type FoundSession, type IndexedSession } from './search-index.ts'

export interface FoundPage {
  found: (FoundSession & { excerpts: RecordingExcerpt[] })[]
  next?: number
}

export interface SealedRecording extends RecordedSoFar {
  session: string
}

/** The work on finished recordings that nobody waits for with a message: a thread of its own does it (archive-worker.ts). */
export interface ArchiveTasks {
  /** `fresh`: the index was made anew, and knows nothing */
  open(): Promise<{ fresh: boolean }>
  /** @returns whether the recording is there */
  index(session: IndexedSession): Promise<boolean>
  forget(session: string): Promise<void>
  /** @throws AppError INVALID_REQUEST */
  find(query: RecordingQuery): Promise<FoundPage>
  compress(recording: SealedRecording): Promise<Compression>
  check(recording: SealedRecording): Promise<'intact' | 'altered' | 'missing'>
  /** the same, and what an intact one says of its session */
  examine(recording: SealedRecording): Promise<{ state: 'intact'; person: string; connection: string } | { state: 'altered' | 'missing' }>
  /** durable when it resolves: the file is gone, and its place in the index */
  remove(session: string): Promise<void>
}

/** of recordings that are larger, a search does not look for the place; nor when it has read so much for one page */
const readForExcerpts = 32 * 1024 * 1024

export function createArchiveTasks(folder: string): ArchiveTasks & { close(): void } {
  const { database, fresh } = openSearchDatabase(folder)
  const index = createSearchIndex(database)

  async function fileOf(session: string): Promise<string | undefined> {
    const { finished, compressed } = recordingPaths(folder, session)
    // it may be compressed in between
    for (const path of [finished, compressed]) if (await isThere(path)) return path
    return undefined
  }

  async function withExcerpts({ text }: RecordingQuery, found: readonly FoundSession[]): Promise<FoundPage['found']> {
    let left = readForExcerpts
    const hits: FoundPage['found'] = []
    for (const hit of found) {
      const file = text && hit.bytes <= left ? await fileOf(hit.session) : undefined
      if (file !== undefined) left -= hit.bytes
      hits.push({ ...hit, excerpts: file === undefined || !text ? [] : await findExcerpts(file, text) })
    }
    return hits
  }

  return {
    close: () => void database.close(),
    open: () => Promise.resolve({ fresh }),
    async index(session) {
      const file = await fileOf(session.session)
      if (file === undefined) return false
      await index.add(session, file)
      return true
    },
    async forget(session) {
      index.remove(session)
    },
    async find(query) {
      const { found, next } = index.find(query)
      return { found: await withExcerpts(query, found), ...(next !== undefined && { next }) }
    },
    compress: ({ session, ...logged }) => compressRecording(folder, session, logged),
    async check({ session, ...logged }) {
      const file = await fileOf(session)
      if (file === undefined) return 'missing'
      return (await isRecordingOf(file, logged)) ? 'intact' : 'altered'
    },
    async examine({ session, ...logged }) {
      const file = await fileOf(session)
      if (file === undefined) return { state: 'missing' }
      let first: Uint8Array | undefined
      if (!(await isRecordingOf(file, logged, (line) => (first ??= Uint8Array.from(line))))) return { state: 'altered' }
      const parsed = first && parseRecordLine(first)
      // the root is the one of the log, so this is what the gateway wrote
      if (!parsed?.ok || parsed.record.kind !== 'open' || parsed.record.session !== session) return { state: 'altered' }
      return { state: 'intact', person: parsed.record.person.sub, connection: parsed.record.connection }
    },
    async remove(session) {
      const paths = recordingPaths(folder, session)
      for (const path of [paths.finished, paths.compressed, paths.temporary]) await rm(path, { force: true })
      if (await isThere(paths.folder)) await syncFolder(paths.folder)
      index.remove(session)
    },
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
