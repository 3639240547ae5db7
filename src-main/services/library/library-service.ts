import { openLibrary, type Library } from '../library.ts'
import { importFile, type ImportFile } from './import-file.ts'
import { keepDownloadIn, type KeepDownload } from './keep-download.ts'
import type { Clock } from '../../../src-node/clock.ts'

/** What a thread of the library can be asked for. */
export interface LibraryService extends Omit<Library, 'close' | 'search' | 'add' | 'addProof' | 'trustOf'> {
  /** @throws AppError as `Library.add` */
  add(recording: string | Uint8Array, proof: string, verifierKey: string): ReturnType<Library['add']>
  importFile: ImportFile
  keepDownload: KeepDownload
}

export function openLibraryService(options: { file: string; clock: Clock }): LibraryService & { close(): void } {
  const library = openLibrary(options)
  return { ...library, importFile: (path, onProgress) => importFile(library, path, onProgress), keepDownload: keepDownloadIn(library) }
}
