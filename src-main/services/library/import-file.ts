import type { LibraryRow } from '../../../src-protocol/desktop-api.ts'
import type { Library } from '../library.ts'
import { readRecordingFiles } from './read-recording-files.ts'

/** How far an import has come; what is told is answered with whether to go on. */
export interface ImportProgress {
  done: number
  total: number
}
type OnProgress = (progress: ImportProgress) => boolean | Promise<boolean>

export interface ImportOutcome {
  rows: LibraryRow[]
}

export type ImportFile = (path: string, onProgress: OnProgress) => Promise<ImportOutcome>

/** Takes a recording, with what lies beside it, into the library. @throws AppError RECORDING_INVALID, PROOF_FILE_INVALID, KEY_INVALID, CONFLICT */
export async function importFile(library: Library, path: string, onProgress: OnProgress): Promise<ImportOutcome> {
  const { recording, proof, verifierKey } = readRecordingFiles(path)
  const row = library.add(recording, proof, verifierKey)
  await onProgress({ done: 1, total: 1 })
  return { rows: [row] }
}
