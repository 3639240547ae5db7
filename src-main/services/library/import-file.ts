import { closeSync, openSync, readSync, statSync, type Stats } from 'node:fs'
import { basename } from 'node:path'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { ImportOutcome } from '../../../src-protocol/desktop-library.ts'
import type { Library } from '../library.ts'
import { importProof } from './import-proof.ts'
import { importPack } from './pack/import-pack.ts'
import { openPackFolder } from './pack/pack-folder.ts'
import { openPackZip } from './pack/pack-zip.ts'
import { readRecordingFiles } from './read-recording-files.ts'

/** How far an import has come; what is told is answered with whether to go on. */
interface ImportProgress {
  done: number
  total: number
}
export type OnProgress = (progress: ImportProgress) => boolean | Promise<boolean>

export type ImportFile = (path: string, onProgress: OnProgress) => Promise<ImportOutcome>

const largestProof = 1024 ** 2

/**
 * Takes a file or folder into the library: an evidence pack with all that is in it, a recording with what lies beside it, or a proof for a recording.
 * @throws AppError FILE_UNREADABLE, FILE_UNKNOWN, PACK_REFUSED, PACK_INVALID, PACK_ALTERED, IMPORT_CANCELLED, RECORDING_INVALID, PROOF_FILE_INVALID, PROOF_ALONE, KEY_INVALID, CONFLICT
 */
export async function importFile(library: Library, path: string, onProgress: OnProgress): Promise<ImportOutcome> {
  const kind = kindOf(path)
  if (kind === 'folder') return importPack(library, openPackFolder(path), onProgress)
  if (kind === 'zip') return importPack(library, await openPackZip(path), onProgress)
  const row = kind === 'proof' ? importProof(library, path) : addRecording(library, path)
  await onProgress({ done: 1, total: 1 })
  return { rows: [row] }
}

function addRecording(library: Library, path: string): ReturnType<Library['add']> {
  const { recording, proof, verifierKey } = readRecordingFiles(path)
  return library.add(recording, proof, verifierKey)
}

/** By what it is and what it begins with; what it is called decides only where that says nothing. */
function kindOf(path: string): 'folder' | 'zip' | 'proof' | 'recording' {
  const isRecording = /\.(?:jsonl|ndjson)$/i.test(path)
  let found: Stats
  let start: string
  try {
    found = statSync(path)
    // a device or a pipe would hold this thread as long as it likes
    start = found.isFile() ? beginningOf(path) : ''
  } catch (cause) {
    // a recording that is not there is told as one
    if (isRecording) return 'recording'
    throw new AppError('FILE_UNREADABLE', { file: basename(path), problem: (cause as NodeJS.ErrnoException).code ?? 'unknown' }, { cause })
  }
  const unknown = (problem: string) => new AppError('FILE_UNKNOWN', { file: basename(path), problem })
  if (found.isDirectory()) return 'folder'
  if (!found.isFile()) throw unknown('it is no file')
  if (start.startsWith('PK') || /\.zip$/i.test(path)) return 'zip'
  if (isRecording) return 'recording'
  if (start.startsWith('c2sp.org/tlog-proof@') || /\.tlog-proof$/i.test(path)) {
    if (found.size > largestProof) throw unknown('it is larger than any proof')
    return 'proof'
  }
  if (/\.jsonl\.zst$/i.test(path)) throw unknown('it is compressed, as gateways store recordings; unpack it first (zstd -d)')
  if (/\.pub$/i.test(path)) throw unknown('a key says nothing by itself; open the recording that lies beside it')
  if (start.startsWith('{"v":1,')) return 'recording'
  throw unknown('it begins like none of them')
}

function beginningOf(path: string): string {
  const file = openSync(path, 'r')
  try {
    const start = Buffer.alloc(32)
    return start.toString('latin1', 0, readSync(file, start, 0, start.length, 0))
  } finally {
    closeSync(file)
  }
}
