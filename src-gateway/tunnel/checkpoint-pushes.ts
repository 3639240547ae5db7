import type { Scheduler } from '../../src-node/scheduler.ts'

const everyMs = 1000

/** The log's head for everyone, at most once a second: only the newest one says something. */
export function createCheckpointPushes(scheduler: Scheduler, push: (note: string) => void): (note: string) => void {
  let newest: string | undefined
  const flush = () => {
    const note = newest
    newest = undefined
    if (note !== undefined) push(note)
  }
  return (note) => {
    if (newest === undefined) scheduler.after(everyMs, flush)
    newest = note
  }
}
