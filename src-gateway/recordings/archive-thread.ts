import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { ArchiveTasks } from './archive-tasks.ts'
import type { ArchiveAnswer, ArchiveQuestion } from './archive-worker.ts'

type TaskInput<K extends keyof ArchiveTasks> = Parameters<ArchiveTasks[K]>[0]
type TaskOutput<K extends keyof ArchiveTasks> = Awaited<ReturnType<ArchiveTasks[K]>>

/** Does the archive's tasks beside the event loop: a thread that is there while there is something to do. */
export interface ArchiveThread {
  /** @throws AppError of the task, or whatever it failed with */
  call<K extends keyof ArchiveTasks>(task: K, input: TaskInput<K>): Promise<TaskOutput<K>>
  close(): Promise<void>
}

interface Waiting {
  resolve: (value: never) => void
  reject: (error: unknown) => void
}

/** so that a recording that explodes in memory takes this thread with it and not the gateway */
const resourceLimits = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 16 }

export function createArchiveThread(options: { folder: string; scheduler: Scheduler; idleMs?: number }): ArchiveThread {
  const { folder, scheduler, idleMs = 30_000 } = options
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let lastId = 0
  let closed = false
  let cancelIdle = () => {}

  function start(): Worker {
    const started = new Worker(archiveWorkerFile(), { resourceLimits, workerData: { folder }, name: 'archive' })
    started.unref()
    started.on('message', settle)
    started.on('error', (error) => lose(started, error))
    started.on('exit', () => lose(started, new Error('the archive thread ended')))
    return started
  }

  function settle(answer: ArchiveAnswer): void {
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
      if (closed) return Promise.reject(new Error('the archive is closed'))
      cancelIdle()
      worker ??= start()
      const id = ++lastId
      const question: ArchiveQuestion = { id, task, input }
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

/** Beside this module while it runs from its sources, beside the command where it is bundled (build/cli.vite.config.ts). */
function archiveWorkerFile(): URL {
  const source = new URL('archive-worker.ts', import.meta.url)
  return existsSync(source) ? source : new URL('archive-worker.js', import.meta.url)
}
