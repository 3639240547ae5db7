import { Worker } from 'node:worker_threads'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { TaskAnswer, TaskQuestion } from './answer-tasks.ts'

/** Tasks as a worker's module makes them: functions of one value that can be sent to a thread. */
type AnyTasks<Tasks> = { [K in keyof Tasks]: (input: never) => Promise<unknown> }
type TaskInput<Tasks extends AnyTasks<Tasks>, K extends keyof Tasks> = Parameters<Tasks[K]>[0]
type TaskOutput<Tasks extends AnyTasks<Tasks>, K extends keyof Tasks> = Awaited<ReturnType<Tasks[K]>>

/** Does tasks beside the event loop: a thread that is there while there is something to do. */
export interface TaskThread<Tasks extends AnyTasks<Tasks>> {
  /** @throws AppError of the task, or whatever it failed with */
  call<K extends keyof Tasks>(task: K, input: TaskInput<Tasks, K>): Promise<TaskOutput<Tasks, K>>
  close(): Promise<void>
}

interface Waiting {
  resolve: (value: never) => void
  reject: (error: unknown) => void
}

/** so that a recording that explodes in memory takes this thread with it and not the gateway */
const resourceLimits = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 16 }

export function createTaskThread<Tasks extends AnyTasks<Tasks>>(options: {
  name: string
  file: URL
  workerData: Record<string, string>
  scheduler: Scheduler
  idleMs?: number
}): TaskThread<Tasks> {
  const { name, file, workerData, scheduler, idleMs = 30_000 } = options
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let lastId = 0
  let closed = false
  let cancelIdle = () => {}

  function start(): Worker {
    const started = new Worker(file, { resourceLimits, workerData, name })
    started.unref()
    started.on('message', settle)
    started.on('error', (error) => lose(started, error))
    started.on('exit', () => lose(started, new Error(`the ${name} thread ended`)))
    return started
  }

  function settle(answer: TaskAnswer): void {
    const task = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('error' in answer) task?.reject(AppError.from(answer.error))
    else if ('failure' in answer) task?.reject(answer.failure)
    else task?.resolve(answer.value as never)
    // its memory is worth more than its start
    if (waiting.size === 0) cancelIdle = scheduler.after(idleMs, () => void dismiss())
  }

  function lose(lost: Worker, error: Error): void {
    if (worker !== lost) return
    worker = undefined
    const tasks = [...waiting.values()]
    waiting.clear()
    for (const { reject } of tasks) reject(error)
  }

  async function dismiss(): Promise<void> {
    const leaving = worker
    worker = undefined
    await leaving?.terminate()
  }

  return {
    call(task, input) {
      if (closed) return Promise.reject(new Error('it is closed'))
      cancelIdle()
      worker ??= start()
      const id = ++lastId
      const question: TaskQuestion = { id, task, input }
      const answer = new Promise<never>((resolve, reject) => waiting.set(id, { resolve, reject }))
      worker.postMessage(question, [])
      return answer
    },
    async close() {
      closed = true
      cancelIdle()
      const tasks = [...waiting.values()]
      waiting.clear()
      for (const { reject } of tasks) reject(new Error('the gateway stops'))
      await dismiss()
    },
  }
}
