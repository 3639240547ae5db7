/** The entry of the library's threads: the database is opened here, and every call of `LibraryService` answered. */
import { parentPort, workerData } from 'node:worker_threads'
import { AppError } from '../../../src-protocol/app-error.ts'
import { systemClock } from '../../../src-node/clock.ts'
import { openLibraryService } from './library-service.ts'
import { functionMark, type FromThread, type Outcome, type ToThread } from './thread-calls.ts'

const port = parentPort
if (!port) throw new Error('The library’s thread is started by the application.')

const { file } = workerData as { file: string }
const service = openLibraryService({ file, clock: systemClock })
const methods = service as unknown as Record<string, (...input: unknown[]) => unknown>
const asked = new Map<number, (outcome: Outcome) => void>()
let questions = 0
let closed = false

const tell = (message: FromThread): void => port.postMessage(message)

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
    // what is not expected is told with its reference to this thread, which writes it down
    if (!(error instanceof AppError))
      process.stderr.write(`library: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    const told = error instanceof AppError ? error : new AppError('INTERNAL', { where: 'the library on this computer', reference: name })
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
