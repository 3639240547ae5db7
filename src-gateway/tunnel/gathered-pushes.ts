import type { Scheduler } from '../../src-node/scheduler.ts'

/** what one moment pushes: more than a person can follow */
const mostAtOnce = 10
/** what is kept for later moments, so that a burst arrives as a whole; more than a list shows, and the rest is there when it is asked for */
const mostKept = 200

/**
 * Gathers what changed and hands each thing over once per moment, as it is then: a busy session costs a few pushes per moment, not one
 * per message.
 */
export function gatherPushes<T>(scheduler: Scheduler, everyMs: number, push: (changed: T) => void): (changed: T) => void {
  const gathered = new Set<T>()
  let scheduled = false
  const schedule = () => {
    scheduled = true
    scheduler.after(everyMs, flush)
  }
  const flush = () => {
    scheduled = false
    let left = mostAtOnce
    for (const changed of gathered) {
      if (left-- === 0) return schedule()
      gathered.delete(changed)
      push(changed)
    }
  }
  return (changed) => {
    gathered.add(changed)
    if (gathered.size > mostKept) for (const oldest of gathered) if (gathered.delete(oldest)) break
    if (!scheduled) schedule()
  }
}
