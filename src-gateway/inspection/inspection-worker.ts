/** The entry of a worker thread: one message comes, one inspection goes back. */
import { parentPort } from 'node:worker_threads'
import { AppError } from '../../src-protocol/app-error.ts'
import { createInspector, type Inspection, type InspectionJob } from './inspect-message.ts'
import { movable } from './movable.ts'

export type WorkerReply = { inspection: Inspection } | { error: ReturnType<AppError['toJSON']> }

const inspect = createInspector()

parentPort?.on('message', (job: InspectionJob) => {
  try {
    const inspection = inspect(job)
    const buffers = inspection.ok ? [inspection.original, inspection.bytes, inspection.body].filter(movable) : []
    reply({ inspection }, [...new Set(buffers.map(({ buffer }) => buffer as ArrayBuffer))])
  } catch (error) {
    // anything else than a finding is a defect: this thread ends, and the message is withheld
    if (!(error instanceof AppError)) throw error
    reply({ error: error.toJSON() }, [])
  }
})

function reply(message: WorkerReply, moved: ArrayBuffer[]): void {
  parentPort?.postMessage(message, moved)
}
