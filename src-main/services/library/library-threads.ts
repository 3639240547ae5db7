import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { Logger } from '../../../src-node/logger.ts'
import type { LibraryService } from './library-service.ts'
import { functionMark, type FromThread, type Outcome, type ToThread } from './thread-calls.ts'

type Promised<T> = { [K in keyof T]: T[K] extends (...input: infer I) => infer R ? (...input: I) => Promise<Awaited<R>> : never }

/** The library as the rest of the application sees it: nothing that it does holds up the thread that draws and answers. */
export type RemoteLibrary = Promised<LibraryService> & { close(): Promise<void> }

type Method = keyof LibraryService

/**
 * Which of the two threads answers. One writes, verifies and reads files; the other only reads, so that a list or a search does not wait for an import.
 * Each opens the database for itself.
 */
const threadOf: Record<Method, 'writer' | 'reader'> = {
  add: 'writer',
  exportTo: 'writer',
  importFile: 'writer',
  keepDownload: 'writer',
  pin: 'writer',
  pinnedFor: 'writer',
  remove: 'writer',
  removeMany: 'writer',
  verify: 'writer',
  witnesses: 'writer',
  addWitness: 'writer',
  removeWitness: 'writer',
  seeCosigned: 'writer',
  among: 'reader',
  compare: 'reader',
  facets: 'reader',
  find: 'reader',
  get: 'reader',
  oldest: 'reader',
  open: 'reader',
  page: 'reader',
  proofStates: 'reader',
  record: 'reader',
  rows: 'reader',
  searchBits: 'reader',
  space: 'reader',
  totals: 'reader',
}

export function openLibraryThreads(options: { file: string; log: Logger }): RemoteLibrary {
  const writer = createThread({ ...options, name: 'library' })
  // the writer makes the tables, and takes over what an earlier version left
  const reader = createThread({ ...options, name: 'library reader', after: () => writer.ready() })
  const threads = { writer, reader }
  const methods = Object.fromEntries(
    (Object.keys(threadOf) as Method[]).map((name) => [name, (...input: unknown[]) => threads[threadOf[name]].call(name, input)]),
  ) as Promised<LibraryService>
  return {
    ...methods,
    async close() {
      await reader.close()
      await writer.close()
    },
  }
}

interface Thread {
  /** rejects if it cannot open the library */
  ready(): Promise<void>
  call(name: string, input: unknown[]): Promise<unknown>
  close(): Promise<void>
}

interface Pending {
  input: unknown[]
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** Starts with the first call. One that was lost takes the calls under way with it, and the next call starts another. */
function createThread(options: { file: string; name: string; log: Logger; after?: () => Promise<void> }): Thread {
  const { file, name, log, after } = options
  const pending = new Map<number, Pending>()
  let current: { worker: Worker; ready: Promise<void> } | undefined
  let calls = 0
  let closed = false

  function start(): { worker: Worker; ready: Promise<void> } {
    const worker = new Worker(workerFile(), { workerData: { file }, name })
    const ready = Promise.withResolvers<void>()
    ready.promise.catch(() => undefined)
    const started = { worker, ready: ready.promise }
    const lose = (cause: unknown, told = lost()): void => {
      if (current === started) current = undefined
      ready.reject(told)
      if (!closed) log.error({ err: cause, thread: name, calls: pending.size }, 'a thread of the library was lost')
      for (const [id, one] of pending) {
        pending.delete(id)
        one.reject(told)
      }
    }
    worker.on('error', (cause) => lose(cause))
    worker.on('exit', () => current === started && lose(undefined))
    worker.on('message', (message: FromThread) => {
      if (message.type === 'ready') {
        ready.resolve()
        rest(worker)
      } else if (message.type === 'unopened') {
        const told = AppError.from(message.error)
        lose(told, told)
      } else if (message.type === 'result') settle(message)
      else void answer(worker, message)
    })
    return started
  }

  /** A thread that has nothing to do keeps no process alive. */
  function rest(worker: Worker): void {
    if (pending.size === 0) worker.unref()
  }

  function settle({ id, outcome }: { id: number; outcome: Outcome }): void {
    const one = pending.get(id)
    pending.delete(id)
    if (current) rest(current.worker)
    if (outcome.ok) one?.resolve(outcome.value)
    else one?.reject(AppError.from(outcome.error))
  }

  async function answer(worker: Worker, { id, call, place, input }: Extract<FromThread, { type: 'ask' }>): Promise<void> {
    const asked = pending.get(call)?.input[place]
    let outcome: Outcome
    try {
      if (typeof asked !== 'function') throw new Error('the call is over')
      outcome = { ok: true, value: await (asked as (...given: unknown[]) => unknown)(...input) }
    } catch (error) {
      const told = error instanceof AppError ? error : new AppError('INTERNAL', { where: 'the application', reference: name })
      outcome = { ok: false, error: told.toJSON() }
    }
    post(worker, { type: 'answer', id, outcome })
  }

  return {
    ready: () => (current ??= start()).ready,
    async call(method, input) {
      if (closed) throw lost()
      if (!current && after) await after()
      const { worker } = (current ??= start())
      const id = ++calls
      worker.ref()
      return new Promise((resolve, reject) => {
        pending.set(id, { input, resolve, reject })
        const sent = input.map((one) => (typeof one === 'function' ? functionMark : one))
        post(worker, { type: 'call', id, name: method, input: sent })
      })
    },
    async close() {
      closed = true
      if (!current) return
      const { worker } = current
      const ended = new Promise((resolve) => worker.once('exit', resolve))
      worker.ref()
      post(worker, { type: 'close' })
      await ended
    },
  }
}

const post = (worker: Worker, message: ToThread): void => worker.postMessage(message, [])

const lost = (): AppError => new AppError('INTERNAL', { where: 'the library on this computer', reference: 'thread' })

/** Beside this module while it runs from its sources, beside the application's main module where it is built (electron.vite.config.ts). */
function workerFile(): URL {
  const source = new URL('library-worker.ts', import.meta.url)
  return existsSync(source) ? source : new URL('library-worker.js', import.meta.url)
}
