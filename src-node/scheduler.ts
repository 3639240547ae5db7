/** Timers are a dependency like the clock: tests decide when they fire. */
export interface Scheduler {
  /** Runs the task once, after at least so many milliseconds; the returned function cancels it. */
  after(milliseconds: number, task: () => void): () => void
}

/** A waiting timer keeps the process alive (an agent that waits to reconnect must not exit): whoever closes cancels his own. */
export const systemScheduler: Scheduler = {
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds)
    return () => clearTimeout(timer)
  },
}
