import { createReadStream } from 'node:fs'
import { createZstdDecompress } from 'node:zlib'
import { maximumLineBytes, maximumRecordingBytes } from '../src-core/recording/record-lines.ts'
import { isCompressed } from './recording-paths.ts'

/** `torn`: the last line has no end, or is longer than any record. `damaged`: it is compressed, and cannot be unpacked. */
export type RecordingEnd = 'whole' | 'torn' | 'damaged'

/**
 * Lines as they were recorded, empty ones too, without their LF; a compressed recording is unpacked on the way. Memory holds one line.
 * @returns how it ends
 * @throws what the system says
 */
export async function* readRecordingLines(path: string): AsyncGenerator<Uint8Array, RecordingEnd> {
  let pieces: Buffer[] = []
  let pending = 0
  let total = 0
  try {
    for await (const data of openRecording(path)) {
      let chunk = data as Buffer
      total += chunk.length
      // a small file can unpack to anything
      if (total > maximumRecordingBytes) return 'torn'
      for (let end = chunk.indexOf(10); end >= 0 && pending <= maximumLineBytes; end = chunk.indexOf(10)) {
        yield pending === 0 ? chunk.subarray(0, end) : Buffer.concat([...pieces, chunk.subarray(0, end)])
        pieces = []
        pending = 0
        chunk = chunk.subarray(end + 1)
      }
      if (chunk.length > 0) pieces.push(chunk)
      pending += chunk.length
      if (pending > maximumLineBytes) return 'torn'
    }
  } catch (error) {
    if (isUnpackingError(error)) return 'damaged'
    throw error
  }
  return pending > 0 ? 'torn' : 'whole'
}

function openRecording(path: string): AsyncIterable<unknown> {
  const file = createReadStream(path)
  if (!isCompressed(path)) return file
  const unpacked = createZstdDecompress()
  file.on('error', (error) => unpacked.destroy(error))
  unpacked.on('close', () => file.destroy())
  return file.pipe(unpacked)
}

function isUnpackingError(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && /^(?:ZSTD_|Z_)/.test(code)
}
