import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { maximumRecordingBytes } from '../src-core/recording/record-lines.ts'
import { AppError } from '../src-protocol/app-error.ts'
import { isCompressed } from './recording-paths.ts'

const unpack = promisify(zstdDecompress)

/** The bytes as they were recorded. @throws AppError RECORDING_UNAVAILABLE if it is damaged, or grows larger than any recording */
export async function unpackRecording(packed: Uint8Array): Promise<Buffer> {
  try {
    return await unpack(packed, { maxOutputLength: maximumRecordingBytes })
  } catch (cause) {
    throw new AppError('RECORDING_UNAVAILABLE', { problem: 'it is stored compressed, and cannot be unpacked' }, { cause })
  }
}

/** A recording's file, unpacked if it is compressed. @throws AppError RECORDING_UNAVAILABLE, and what the system says */
export async function readRecordingFile(path: string): Promise<Buffer> {
  const bytes = await readFile(path)
  return isCompressed(path) ? unpackRecording(bytes) : bytes
}
