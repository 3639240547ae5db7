/**
 * A finished recording, compressed in its place: `ses_….jsonl` becomes `ses_….jsonl.zst`. What is hashed, verified and handed out stays the lines as
 * they were recorded.
 *
 * 1. The compressed file is written under a temporary name and synchronized. Crash: a part of it, which the next attempt replaces.
 * 2. It is unpacked again, and must give the root that the log holds. Crash: as in 1.
 * 3. It gets its name; the folder is synchronized. Crash: both files are there, and the plain one is read; the next attempt checks the compressed
 *    one and goes on with step 4.
 * 4. The plain file is removed; the folder is synchronized. Crash: one or both are there.
 */
import { createReadStream } from 'node:fs'
import { access, open, rename, rm, stat, unlink } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { syncFolder } from './durable-file.ts'
import { recordingPaths } from './recording-paths.ts'
import { isRecordingOf } from './recording-tree.ts'
import type { RecordedSoFar } from './recording-writer.ts'

/** `altered`: the plain file is not the one of which the log knows; it is left as it is */
export type Compression = { state: 'compressed'; bytes: number } | { state: 'altered' | 'missing' }

const level = 6

/** @param step told before each step, for tests that end there */
export async function compressRecording(
  folder: string,
  session: string,
  logged: RecordedSoFar,
  step: (number: 1 | 2 | 3 | 4) => void = () => {},
): Promise<Compression> {
  const paths = recordingPaths(folder, session)
  const { temporary } = paths
  const written = await exists(paths.compressed)
  if (!(await exists(paths.finished)))
    return written ? { state: 'compressed', bytes: await sizeOf(paths.compressed) } : { state: 'missing' }
  if (!written || !(await isRecordingOf(paths.compressed, logged))) {
    step(1)
    await writeCompressed(paths.finished, temporary)
    step(2)
    if (!(await isRecordingOf(temporary, logged))) {
      await rm(temporary, { force: true })
      if (await isRecordingOf(paths.finished, logged)) throw new Error('the compressed copy of a recording did not come out as it went in')
      return { state: 'altered' }
    }
    step(3)
    await rename(temporary, paths.compressed)
    await syncFolder(paths.folder)
  }
  step(4)
  await unlink(paths.finished)
  await syncFolder(paths.folder)
  return { state: 'compressed', bytes: await sizeOf(paths.compressed) }
}

async function writeCompressed(from: string, to: string): Promise<void> {
  const target = await open(to, 'w', 0o600)
  try {
    const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 } })
    await pipeline(createReadStream(from), compress, (chunks) => target.writeFile(chunks))
    await target.sync()
  } finally {
    await target.close()
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const sizeOf = async (path: string): Promise<number> => (await stat(path)).size
