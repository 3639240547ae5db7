import type { Scheduler } from '../../src-node/scheduler.ts'

/** more than a list shows; the rest is there when it is asked for */
const mostAtOnce = 200

/**
 * Gathers what changed and hands each thing over once per moment, as it is then: a busy session costs a push per moment, not one per
 * message.
 */
export function gatherPushes<T>(scheduler: Scheduler, everyMs: number, push: (changed: T) => void): (changed: T) => void {
  const gathered = new Set<T>()
  const flush = () => {
    const newest = [...gathered].slice(-mostAtOnce)
    gathered.clear()
    for (const changed of newest) push(changed)
  }
  return (changed) => {
    if (gathered.size === 0) scheduler.after(everyMs, flush)
    gathered.add(changed)
  }
}
