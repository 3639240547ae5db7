import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { ImportOutcome } from '../../../src-protocol/desktop-api.ts'
import type { Library } from '../library.ts'
import { importPack } from './pack/import-pack.ts'
import { readRecordingFiles } from './read-recording-files.ts'

/** How far an import has come; what is told is answered with whether to go on. */
interface ImportProgress {
  done: number
  total: number
}
export type OnProgress = (progress: ImportProgress) => boolean | Promise<boolean>

export type ImportFile = (path: string, onProgress: OnProgress) => Promise<ImportOutcome>

/**
 * Takes a file into the library: an evidence pack with all that is in it, or a recording with what lies beside it.
 * @throws AppError FILE_UNREADABLE, PACK_REFUSED, PACK_INVALID, PACK_ALTERED, IMPORT_CANCELLED, RECORDING_INVALID, PROOF_FILE_INVALID, KEY_INVALID, CONFLICT
 */
export async function importFile(library: Library, path: string, onProgress: OnProgress): Promise<ImportOutcome> {
  if (isZip(path)) return importPack(library, path, onProgress)
  const { recording, proof, verifierKey } = readRecordingFiles(path)
  const row = library.add(recording, proof, verifierKey)
  await onProgress({ done: 1, total: 1 })
  return { rows: [row] }
}

/** By what it begins with, not by what it is called. */
function isZip(path: string): boolean {
  if (!/\.(?:jsonl|ndjson)$/i.test(path) && /\.zip$/i.test(path)) return true
  const start = Buffer.alloc(2)
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (cause) {
    // a recording that is not there is told as one
    if (/\.(?:jsonl|ndjson)$/i.test(path)) return false
    throw new AppError('FILE_UNREADABLE', { file: basename(path), problem: (cause as NodeJS.ErrnoException).code ?? 'unknown' }, { cause })
  }
  try {
    return readSync(file, start, 0, 2, 0) === 2 && start.toString('latin1') === 'PK'
  } finally {
    closeSync(file)
  }
}
