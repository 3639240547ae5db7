import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Scheduler } from './scheduler.ts'

export interface MemoryOfProcess {
  /** CPU time that the process has used, in ms */
  cpuMs(): number
  /** whether V8 may make the young generation larger than it is */
  letGrow(allowed: boolean): void
  /** collects everything; the event loop waits for it */
  collect(): void
}

const everyMs = 5000
/** of `everyMs`: less than this is idle */
const busyMs = 250
/** so often idle in a row, before the event loop is made to wait for a collection */
const idleLooks = 3

/**
 * V8 makes the young generation larger while a program starts and works, up to some 60 MB, and an idle process gives little of that back. Here it may grow
 * only while there is work; once the process has come to rest all garbage is collected, once. To be called before the large modules are loaded.
 * @returns to be called when the program has started; that returns what stops it
 */
export function keepIdleMemorySmall(scheduler: Scheduler, memory: MemoryOfProcess = memoryOfThisProcess): () => () => void {
  memory.letGrow(false)
  return () => {
    let used = memory.cpuMs()
    let idle = 0
    let growing = false
    const look = () => {
      const before = used
      used = memory.cpuMs()
      cancel = scheduler.after(everyMs, look)
      if (used - before >= busyMs) {
        idle = 0
        if (!growing) memory.letGrow(true)
        growing = true
        return
      }
      idle += 1
      if (idle !== idleLooks) return
      growing = false
      memory.letGrow(false)
      memory.collect()
    }
    let cancel = scheduler.after(everyMs, look)
    return () => cancel()
  }
}

const memoryOfThisProcess: MemoryOfProcess = {
  cpuMs() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  // V8 reads the factor whenever it is about to grow the young generation, so that it can be changed while the process runs
  letGrow: (allowed) => setFlagsFromString(`--semi-space-growth-factor=${allowed ? 2 : 1}`),
  collect() {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    setFlagsFromString('--no-expose-gc')
    collect()
  },
}
