import { parentPort } from 'node:worker_threads'
import { AppError } from '../../src-protocol/app-error.ts'

export interface TaskQuestion {
  id: number
  task: PropertyKey
  input: unknown
}
export type TaskAnswer = { id: number } & ({ value: unknown } | { error: ReturnType<AppError['toJSON']> } | { failure: Error })

/** In a worker thread: tasks that the gateway asks for (task-thread.ts), each answered by its number. */
export function answerTasks(tasks: object): void {
  parentPort?.on('message', ({ id, task, input }: TaskQuestion) => {
    // the asking side ties each task to its input
    const work = (tasks as Record<PropertyKey, ((given: unknown) => Promise<unknown>) | undefined>)[task]
    if (!work) return answer({ id, failure: new Error('there is no such task') })
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
}

const answer = (message: TaskAnswer): void => parentPort?.postMessage(message, [])
