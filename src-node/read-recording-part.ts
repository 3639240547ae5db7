import { createReadStream } from 'node:fs'
import { createZstdDecompress } from 'node:zlib'
import { maximumRecordingBytes } from '../src-core/recording/record-lines.ts'
import { AppError } from '../src-protocol/app-error.ts'

const pieceBytes = 1024 * 1024

/**
 * Bytes from a place on of a recording that is stored compressed: unpacked up to there and no further, so that memory holds the part alone. It can be shorter
 * than asked for only at the end.
 * @throws AppError RECORDING_UNAVAILABLE (it cannot be unpacked), and what the system says
 */
export async function readCompressedPart(path: string, offset: number, bytes: number): Promise<Buffer> {
  const file = createReadStream(path, { highWaterMark: pieceBytes })
  const unpacked = createZstdDecompress({ chunkSize: pieceBytes })
  file.on('error', (error) => unpacked.destroy(error))
  const found: Buffer[] = []
  let at = 0
  let missing = bytes
  try {
    for await (const data of file.pipe(unpacked)) {
      const piece = data as Buffer
      const wanted = piece.subarray(Math.max(0, offset - at), Math.max(0, offset - at) + missing)
      if (wanted.length > 0) found.push(wanted)
      missing -= wanted.length
      at += piece.length
      // a small file can unpack to anything
      if (missing === 0 || at > maximumRecordingBytes) break
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (typeof code === 'string' && /^(?:ZSTD_|Z_)/.test(code)) {
      throw new AppError('RECORDING_UNAVAILABLE', { problem: 'it is stored compressed, and cannot be unpacked' }, { cause })
    }
    throw cause
  } finally {
    file.destroy()
    unpacked.destroy()
  }
  return Buffer.concat(found)
}
