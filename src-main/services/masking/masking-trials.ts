import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { AppError } from '../../../src-protocol/app-error.ts'
import { trialLimits, type MaskingTrial, type MaskingTrialResult } from '../../../src-protocol/masking-trial.ts'

export interface MaskingTrials {
  /**
   * What a masking document makes of a response. Both stay in this process's memory: nothing is sent, written or logged.
   * @throws AppError MASKING_TRIAL_TOO_LARGE, MASKING_TRIAL_STOPPED
   */
  run(trial: MaskingTrial): Promise<MaskingTrialResult>
  close(): Promise<void>
}

/** Each trial has a thread of its own, which can be stopped whatever a draft makes it do; one runs at a time. */
export function createMaskingTrials(limits: { bytes: number; seconds: number } = trialLimits): MaskingTrials {
  let last: Promise<unknown> = Promise.resolve()
  let running: Worker | undefined
  let closed = false

  function start(trial: MaskingTrial): Promise<MaskingTrialResult> {
    if (closed) return Promise.reject(stopped(limits.seconds))
    return new Promise((resolve, reject) => {
      const worker = new Worker(workerFile(), {
        workerData: trial,
        name: 'masking trial',
        resourceLimits: { maxOldGenerationSizeMb: 256 },
        // the response must not stand in a log
        stderr: true,
        stdout: true,
      })
      running = worker
      const timer = setTimeout(() => {
        reject(stopped(limits.seconds))
        void worker.terminate()
      }, limits.seconds * 1000)
      worker.once('message', (result: MaskingTrialResult) => resolve(result))
      worker.once('error', () => reject(stopped(limits.seconds)))
      worker.once('exit', () => {
        clearTimeout(timer)
        running = undefined
        reject(stopped(limits.seconds))
      })
    })
  }

  return {
    async run(trial) {
      const bytes = Buffer.byteLength(trial.text)
      if (bytes > limits.bytes) throw new AppError('MASKING_TRIAL_TOO_LARGE', { bytes, limit: limits.bytes })
      const turn = last.then(() => start(trial))
      last = turn.catch(() => {})
      return turn
    },
    async close() {
      closed = true
      await running?.terminate()
    },
  }
}

const stopped = (seconds: number): AppError => new AppError('MASKING_TRIAL_STOPPED', { seconds })

/** As the sources run, and as the bundle lies beside the main module. */
function workerFile(): URL {
  const source = new URL('masking-trial-worker.ts', import.meta.url)
  return existsSync(source) ? source : new URL('masking-trial-worker.js', import.meta.url)
}
