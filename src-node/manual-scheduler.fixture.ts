import type { Scheduler } from './scheduler.ts'

export interface ManualScheduler extends Scheduler {
  /** delays of the tasks that wait, in the order in which they were planned */
  readonly waiting: number[]
  /** runs the task that waits longest of those with this delay; throws if there is none */
  run(milliseconds?: number): void
}

/** Time passes when the test says so. */
export function createManualScheduler(): ManualScheduler {
  const tasks: { milliseconds: number; task: () => void }[] = []
  return {
    get waiting() {
      return tasks.map(({ milliseconds }) => milliseconds)
    },
    after(milliseconds, task) {
      const entry = { milliseconds, task }
      tasks.push(entry)
      return () => {
        const at = tasks.indexOf(entry)
        if (at >= 0) tasks.splice(at, 1)
      }
    },
    run(milliseconds) {
      const at = milliseconds === undefined ? 0 : tasks.findIndex((entry) => entry.milliseconds === milliseconds)
      const [entry] = at < 0 ? [] : tasks.splice(at, 1)
      if (!entry) throw new Error(`nothing waits ${milliseconds ?? ''}`)
      entry.task()
    },
  }
}
