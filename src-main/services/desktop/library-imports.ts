import { basename } from 'node:path'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { ImportOutcome, ImportState } from '../../../src-protocol/desktop-api.ts'
import type { RemoteLibrary } from '../library/library-threads.ts'

/** Imports of files, one at a time; the window is told how far they are, whoever began them. */
export interface LibraryImports {
  /** @throws AppError CONFLICT (another import runs), or what `importFile` throws */
  run(path: string): Promise<ImportOutcome>
  /** how far the one that runs or ran last has come */
  readonly state: ImportState | undefined
  /** stops the one that runs, at the next recording */
  cancel(): void
}

export function createLibraryImports(options: {
  library: Pick<RemoteLibrary, 'importFile'>
  tell: (state: ImportState) => void
}): LibraryImports {
  const { library } = options
  let state: ImportState | undefined
  const tell = (next: ImportState): void => {
    state = next
    options.tell(next)
  }
  let running: { stopped: boolean } | undefined
  return {
    get state() {
      return state
    },
    async run(path) {
      if (running) throw new AppError('CONFLICT', { problem: 'another file is being opened' })
      const own = { stopped: false }
      running = own
      const file = basename(path)
      tell({ state: 'running', file, done: 0, total: 1 })
      try {
        const outcome = await library.importFile(path, ({ done, total }) => {
          tell({ state: 'running', file, done, total })
          return !own.stopped
        })
        const { rows, pack } = outcome
        const failed = rows.filter(({ proof }) => proof === 'failed').length
        tell({ state: 'finished', file, recordings: rows.length, failed, ...(pack && { pack }) })
        return outcome
      } catch (error) {
        const { code, message, remedy } =
          error instanceof AppError ? error : new AppError('INTERNAL', { where: 'the library', reference: file })
        tell({ state: 'failed', file, code, message, remedy })
        throw error
      } finally {
        running = undefined
      }
    },
    cancel() {
      if (running) running.stopped = true
    },
  }
}
