/** Timers are a dependency like the clock: tests decide when they fire. */
export interface Scheduler {
  /** Runs the task once, after at least so many milliseconds; the returned function cancels it. */
  after(milliseconds: number, task: () => void): () => void
}

/** A waiting timer does not keep the process alive: what it belongs to (a socket, a child) does. */
export const systemScheduler: Scheduler = {
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds).unref()
    return () => clearTimeout(timer)
  },
}
