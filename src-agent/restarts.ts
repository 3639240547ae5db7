import type { StdioServer } from '../src-protocol/config.ts'
import { createBackOff } from '../src-node/back-off.ts'
import type { Scheduler } from '../src-node/scheduler.ts'

/** Whether and when a server that stopped by itself may be started again. */
export interface Restarts {
  /** no new process yet: the last ones stopped too soon */
  readonly resting: boolean
  /** a process stopped by itself; false: the session is over with it */
  stopped(): boolean
  /** runs the task when the rest is over */
  wait(exchange: number, task: () => void): void
  /** its client went away */
  forget(exchange: number): void
  /** no more restarts; the exchanges that still wait */
  close(): number[]
}

/** so many stops in a row are no accident */
const limit = 5
/** who ran so long without another stop is well again */
const calmMs = 60_000

/** The first stop is answered at once; after more of them a new process has to wait, from half a second up to eight. */
export function createRestarts(options: { server: Pick<StdioServer, 'restart'>; scheduler: Scheduler; random?: () => number }): Restarts {
  const { scheduler } = options
  const backOff = createBackOff({ first: 1000, most: 8000, ...(options.random && { random: options.random }) })
  const waiting = new Map<number, () => void>()
  let stops = 0
  let resting = false
  let cancelRest = () => {}
  let cancelCalm = () => {}

  function rest() {
    cancelRest()
    resting = true
    cancelRest = scheduler.after(backOff.next(), () => {
      resting = false
      const tasks = [...waiting.values()]
      waiting.clear()
      for (const task of tasks) task()
    })
  }

  return {
    get resting() {
      return resting
    },
    stopped() {
      if (options.server.restart === 'never') return false
      stops += 1
      cancelCalm()
      if (stops >= limit) return false
      cancelCalm = scheduler.after(calmMs, () => {
        stops = 0
        backOff.reset()
      })
      if (stops > 1) rest()
      return true
    },
    wait: (exchange, task) => void waiting.set(exchange, task),
    forget: (exchange) => void waiting.delete(exchange),
    close() {
      cancelRest()
      cancelCalm()
      const left = [...waiting.keys()]
      waiting.clear()
      return left
    },
  }
}
