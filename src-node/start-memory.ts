import { setFlagsFromString } from 'node:v8'
import { collectGarbage, cpuMsOfThisProcess } from './rest-memory.ts'
import type { Scheduler } from './scheduler.ts'

export interface MemoryOfProcess {
  /** CPU time that the process has used, in ms */
  cpuMs(): number
  /** whether V8 may make the young generation larger than it is */
  letGrow(allowed: boolean): void
  /** collects everything; the event loop waits for it */
  collect(): void
}

const everyMs = 500
/** of `everyMs`: less than this is idle */
const idleMs = 25
/** more than this is work, for which a small young generation costs up to half of the speed */
const workMs = 100
/** so often idle in a row, and the process has come to rest */
const idleLooks = 30
/** a process that has not rested by then has compiled what it needs */
const mostLooks = 120

/**
 * Loading a large program makes garbage once. For that V8 would make the young generation larger, up to some 60 MB, and an idle process gives little of it back.
 * Here it grows with the first work instead; and if the process comes to rest in its first minute, what the start left behind is collected, once. Not later: a whole
 * collection makes V8 forget code that it has compiled, and the next 10,000 calls are slower. To be called before the large modules are loaded.
 * @returns to be called when the program has started; that returns what stops it
 */
export function keepStartMemorySmall(scheduler: Scheduler, memory: MemoryOfProcess = memoryOfThisProcess): () => () => void {
  memory.letGrow(false)
  return () => {
    let used = memory.cpuMs()
    let idle = 0
    let looks = 0
    let growing = false
    const look = () => {
      const before = used
      used = memory.cpuMs()
      const spent = used - before
      looks += 1
      idle = spent < idleMs ? idle + 1 : 0
      if (idle === idleLooks) {
        memory.letGrow(false)
        memory.collect()
        return memory.letGrow(true)
      }
      if (!growing && (spent >= workMs || looks === mostLooks)) {
        growing = true
        memory.letGrow(true)
      }
      if (looks < mostLooks) cancel = scheduler.after(everyMs, look)
      return undefined
    }
    let cancel = scheduler.after(everyMs, look)
    return () => cancel()
  }
}

const memoryOfThisProcess: MemoryOfProcess = {
  cpuMs: cpuMsOfThisProcess,
  // V8 reads the factor whenever it is about to grow the young generation, so that it can be changed while the process runs
  letGrow: (allowed) => setFlagsFromString(`--semi-space-growth-factor=${allowed ? 2 : 1}`),
  collect: () => collectGarbage('major'),
}
