import { basename } from 'node:path'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { ImportOutcome, ImportState } from '../../../src-protocol/desktop-library.ts'
import { filesToOpen } from './dropped-files.ts'
import type { RemoteLibrary } from '../library/library-threads.ts'

/** Imports of files, one at a time; the window is told how far they are, whoever began them. */
export interface LibraryImports {
  /** @throws AppError CONFLICT (another import runs), or what `importFile` throws */
  run(path: string): Promise<ImportOutcome>
  /** Opens files one after the other, behind what is being opened now; what becomes of each is told. */
  open(paths: readonly string[]): void
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
  let waiting: string[] = []
  /** what came of the files before, of several at once */
  let others: OtherFile[] = []

  async function run(path: string): Promise<ImportOutcome> {
    const own = { stopped: false }
    running = own
    const file = basename(path)
    const before = others.length > 0 ? { others } : {}
    tell({ state: 'running', file, done: 0, total: 1 })
    try {
      const outcome = await library.importFile(path, ({ done, total }) => {
        tell({ state: 'running', file, done, total })
        return !own.stopped
      })
      const { rows, pack } = outcome
      const failed = rows.filter(({ proof }) => proof === 'failed').length
      tell({ state: 'finished', file, recordings: rows.length, failed, ...(pack && { pack }), ...before })
      others = [...others, { file, recordings: rows.length, failed }]
      return outcome
    } catch (error) {
      const told = error instanceof AppError ? error : new AppError('INTERNAL', { where: 'the library', reference: file })
      const { code, message, remedy } = told
      tell({ state: 'failed', file, code, message, remedy, ...before })
      others = [...others, { file, recordings: 0, failed: 0, problem: { code, message, remedy } }]
      // whoever stops one of several stops them all
      if (own.stopped) waiting = []
      throw error
    } finally {
      running = undefined
      next()
    }
  }

  /** The next of several; a failure of one is told, and no reason not to open the others. */
  function next(): void {
    const path = waiting.shift()
    if (path === undefined) others = []
    else void run(path).catch(() => undefined)
  }

  return {
    get state() {
      return state
    },
    async run(path) {
      if (running) throw new AppError('CONFLICT', { problem: 'another file is being opened' })
      return run(path)
    },
    open(paths) {
      waiting.push(...filesToOpen(paths))
      if (!running) next()
    },
    cancel() {
      if (running) running.stopped = true
    },
  }
}

type OtherFile = NonNullable<Extract<ImportState, { state: 'finished' }>['others']>[number]
