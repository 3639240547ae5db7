/** The entry of a worker thread: the tasks of the archive, asked for one by one and answered by number. */
import { parentPort, workerData } from 'node:worker_threads'
import { AppError } from '../../src-protocol/app-error.ts'
import { createArchiveTasks, type ArchiveTasks } from './archive-tasks.ts'

export interface ArchiveQuestion {
  id: number
  task: keyof ArchiveTasks
  input: unknown
}
export type ArchiveAnswer = { id: number } & ({ value: unknown } | { error: ReturnType<AppError['toJSON']> } | { failure: Error })

const tasks = createArchiveTasks(String((workerData as { folder: unknown }).folder))

parentPort?.on('message', ({ id, task, input }: ArchiveQuestion) => {
  // the asking side ties each task to its input
  const work = tasks[task] as (given: unknown) => Promise<unknown>
  work(input).then(
    (value) => answer({ id, value }),
    (error: unknown) =>
      answer(
        error instanceof AppError
          ? { id, error: error.toJSON() }
          : { id, failure: error instanceof Error ? error : new Error(String(error)) },
      ),
  )
})

const answer = (message: ArchiveAnswer): void => parentPort?.postMessage(message, [])
