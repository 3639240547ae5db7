/** The entry of the library's threads: the database is opened here, and every call of `LibraryService` answered. */
import { parentPort, workerData } from 'node:worker_threads'
import { AppError } from '../../../src-protocol/app-error.ts'
import { systemClock } from '../../../src-node/clock.ts'
import { databaseProblem } from './library-database.ts'
import { openLibraryService } from './library-service.ts'
import { functionMark, type FromThread, type Outcome, type ToThread } from './thread-calls.ts'

const port = parentPort
if (!port) throw new Error('The library’s thread is started by the application.')

const { file } = workerData as { file: string }
const tell = (message: FromThread): void => port.postMessage(message)

/** A thread without a library has nothing to do: it says why, and ends. */
function openService(): ReturnType<typeof openLibraryService> {
  try {
    return openLibraryService({ file, clock: systemClock })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    tell({ type: 'unopened', error: error.toJSON() })
    process.exit(0)
  }
}

const service = openService()
const methods = service as unknown as Record<string, (...input: unknown[]) => unknown>
const asked = new Map<number, (outcome: Outcome) => void>()
let questions = 0
let closed = false

/** A function of the application's, as the thread calls it. */
function callBack(call: number, place: number): (...input: unknown[]) => Promise<unknown> {
  return (...input) => {
    const id = ++questions
    tell({ type: 'ask', id, call, place, input })
    return new Promise((resolve, reject) => {
      asked.set(id, (outcome) => (outcome.ok ? resolve(outcome.value) : reject(AppError.from(outcome.error))))
    })
  }
}

async function answer({ id, name, input }: Extract<ToThread, { type: 'call' }>): Promise<void> {
  try {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined
    if (!method) throw new Error(`The library has no ${name}.`)
    const value = await method(...input.map((one, place) => (one === functionMark ? callBack(id, place) : one)))
    tell({ type: 'result', id, outcome: { ok: true, value } })
  } catch (error) {
    // what was under way at the end has nobody to tell
    if (closed) return
    const known = error instanceof AppError ? error : databaseProblem(error, file)
    // what is not expected is told with its reference to this thread, which writes it down
    if (!known) process.stderr.write(`library: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    const told = known ?? new AppError('INTERNAL', { where: 'the library on this computer', reference: name })
    tell({ type: 'result', id, outcome: { ok: false, error: told.toJSON() } })
  }
}

port.on('message', (message: ToThread) => {
  if (message.type === 'call') void answer(message)
  else if (message.type === 'answer') {
    asked.get(message.id)?.(message.outcome)
    asked.delete(message.id)
  } else {
    closed = true
    service.close()
    port.close()
  }
})
tell({ type: 'ready' })
