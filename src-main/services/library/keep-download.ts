import { readFileSync } from 'node:fs'
import { SqliteError } from 'better-sqlite3'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { Library } from '../library.ts'

/**
 * Takes a recording that has arrived whole into the library. It is verified first: what does not verify is not kept, unless somebody wants to look at it.
 * @throws AppError DOWNLOAD_UNVERIFIED, DISK_FULL, FILE_UNREADABLE, and as `Library.add`
 */
export type KeepDownload = (file: string, proof: string, verifierKey: string, keepsFailed: boolean) => LibraryRow

export const keepDownloadIn =
  (library: Pick<Library, 'add'>): KeepDownload =>
  (file, proof, verifierKey, keepsFailed) => {
    const recording = readWhole(file)
    try {
      return library.add(recording, proof, verifierKey, !keepsFailed)
    } catch (cause) {
      if (cause instanceof SqliteError && cause.code === 'SQLITE_FULL') {
        throw new AppError('DISK_FULL', { free: 'no room', needed: 'more' }, { cause })
      }
      throw cause
    }
  }

function readWhole(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new AppError('FILE_UNREADABLE', { file, problem: (cause as NodeJS.ErrnoException).code ?? 'unknown' }, { cause })
  }
}
