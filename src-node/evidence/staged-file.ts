import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'

/** A file that is written piece by piece beside the pack, so that memory does not grow with it. */
export interface StagedFile {
  readonly path: string
  write(text: string): void
  end(): { bytes: number; sha256: string }
  /** gives the file back to the system if it was not ended; once is enough */
  close(): void
}

const batchBytes = 256 * 1024

export function openStagedFile(path: string): StagedFile {
  const file = openSync(path, 'wx', 0o600)
  const hash = createHash('sha256')
  let pieces: string[] = []
  let pending = 0
  let bytes = 0
  let isOpen = true
  const close = () => {
    if (isOpen) closeSync(file)
    isOpen = false
  }
  const flush = () => {
    const batch = Buffer.from(pieces.join(''))
    pieces = []
    pending = 0
    hash.update(batch)
    bytes += batch.length
    writeSync(file, batch)
  }
  return {
    path,
    write(text) {
      pieces.push(text)
      pending += text.length
      if (pending >= batchBytes) flush()
    },
    end() {
      flush()
      close()
      return { bytes, sha256: hash.digest('hex') }
    },
    close,
  }
}
