import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Inspection, InspectionJob } from './inspect-message.ts'
import type { WorkerReply } from './inspection-worker.ts'
import { movable } from './movable.ts'

/** Inspects large messages beside the event loop, so that nobody else waits for them. */
export interface Inspections {
  /**
   * The bytes move to a worker: who asks must not use them any more, and gets them back in the answer.
   * @param owner whose message it is: one session cannot take all the places
   * @throws AppError INSPECTION_FAILED (nothing of the message may go on), MESSAGE_UNMASKABLE, MESSAGE_BLOCKED
   */
  inspect(owner: string, job: InspectionJob): Promise<Inspection>
  close(): Promise<void>
}

export interface InspectionPoolOptions {
  scheduler: Scheduler
  logger: Logger
  workers?: number
  /** of all messages that wait for a worker */
  mostWaitingBytes?: number
  /** messages of one owner that wait for a worker */
  mostWaitingEach?: number
  timeLimitMs?: (bytes: number) => number
  /** idle workers end after this time, and give their memory back */
  idleMs?: number
  workerFile?: URL
}

interface Waiting {
  owner: string
  job: InspectionJob
  resolve: (inspection: Inspection) => void
  reject: (error: AppError) => void
}

interface Hand {
  worker: Worker
  current: Waiting | undefined
  /** of the time limit while it works, of the idle time while it does not */
  cancel: () => void
}

/** Above any message that is not hostile, whatever the machine is busy with. */
const defaultTimeLimitMs = (bytes: number) => 30_000 + bytes / 512
/** so that a message that explodes in memory takes its worker with it and not the gateway */
const resourceLimits = { maxOldGenerationSizeMb: 1536, maxYoungGenerationSizeMb: 64 }

export function createInspectionPool(options: InspectionPoolOptions): Inspections {
  const { scheduler, logger } = options
  const { workers = 2, mostWaitingBytes = 256 * 1024 * 1024, mostWaitingEach = 8, idleMs = 60_000 } = options
  const timeLimitMs = options.timeLimitMs ?? defaultTimeLimitMs
  const file = options.workerFile ?? inspectionWorkerFile()
  const hands = new Set<Hand>()
  const waiting: Waiting[] = []
  let waitingBytes = 0
  let closed = false

  function startHand(): Hand {
    const worker = new Worker(file, { resourceLimits, name: 'inspection' })
    const hand: Hand = { worker, current: undefined, cancel: () => {} }
    worker.unref()
    worker.on('message', (reply: WorkerReply) => settle(hand, reply))
    worker.on('error', (error) => lose(hand, error, 'the check failed'))
    worker.on('exit', () => lose(hand, undefined, 'the check was stopped'))
    hands.add(hand)
    return hand
  }

  function settle(hand: Hand, reply: WorkerReply): void {
    const { current } = hand
    // it answered after its time was up
    if (!current || !hands.has(hand)) return
    hand.cancel()
    hand.current = undefined
    if ('error' in reply) current.reject(AppError.from(reply.error))
    else current.resolve(reply.inspection)
    hand.cancel = scheduler.after(idleMs, () => dismiss(hand))
    next()
  }

  /** The message that it worked on is lost with it; the next one gets a new worker. */
  function lose(hand: Hand, error: unknown, problem: string): void {
    if (!hands.delete(hand)) return
    hand.cancel()
    const { current } = hand
    hand.current = undefined
    void hand.worker.terminate()
    if (!closed) logger.error({ err: error, problem, bytes: current?.job.bytes.byteLength }, 'an inspection worker was lost')
    current?.reject(new AppError('INSPECTION_FAILED', { problem }))
    next()
  }

  function dismiss(hand: Hand): void {
    hands.delete(hand)
    hand.cancel()
    void hand.worker.terminate()
  }

  function next(): void {
    while (waiting.length > 0) {
      const hand = [...hands].find(({ current }) => current === undefined) ?? (hands.size < workers ? startHand() : undefined)
      const task = hand && waiting.shift()
      if (!task) return
      const bytes = task.job.bytes.byteLength
      waitingBytes -= bytes
      hand.cancel()
      hand.current = task
      hand.cancel = scheduler.after(timeLimitMs(bytes), () => lose(hand, undefined, 'the check took too long'))
      hand.worker.postMessage(task.job, movable(task.job.bytes) ? [task.job.bytes.buffer as ArrayBuffer] : [])
    }
  }

  return {
    async inspect(owner, job) {
      if (closed) throw new AppError('INSPECTION_FAILED', { problem: 'the gateway stops' })
      const own = waiting.filter((task) => task.owner === owner).length
      if (own >= mostWaitingEach || waitingBytes + job.bytes.byteLength > mostWaitingBytes) {
        throw new AppError('INSPECTION_FAILED', { problem: 'too many large messages wait to be checked' })
      }
      const task = Promise.withResolvers<Inspection>()
      waiting.push({ owner, job, ...task })
      waitingBytes += job.bytes.byteLength
      next()
      return task.promise
    },

    async close() {
      closed = true
      for (const task of waiting.splice(0)) task.reject(new AppError('INSPECTION_FAILED', { problem: 'the gateway stops' }))
      await Promise.all(
        [...hands].map(async (hand) => {
          lose(hand, undefined, 'the gateway stops')
          await hand.worker.terminate()
        }),
      )
    },
  }
}

/** Beside this module while it runs from its sources, beside the command where it is bundled (build/cli.vite.config.ts). */
function inspectionWorkerFile(): URL {
  const source = new URL('inspection-worker.ts', import.meta.url)
  return existsSync(source) ? source : new URL('inspection-worker.js', import.meta.url)
}
