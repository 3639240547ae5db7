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

const everyMs = 500
/** of `everyMs`: less than this is idle */
const idleMs = 25
/** more than this is work, for which a small young generation costs half of the speed */
const workMs = 250
/** so often idle in a row, and the process has come to rest */
const idleLooks = 30
const mostLooks = 120

/**
 * Loading a large program makes garbage once. For that V8 would make the young generation larger, up to some 60 MB, and an idle process gives little of it back.
 * Here it grows with the first work instead; if none comes, what loading left behind is collected once the process has come to rest. Never after work: a whole
 * collection makes V8 forget code that it has compiled for it, and the next 10,000 calls are slower. To be called before the large modules are loaded.
 * @returns to be called when the program has started; that returns what stops it
 */
export function keepStartMemorySmall(scheduler: Scheduler, memory: MemoryOfProcess = memoryOfThisProcess): () => () => void {
  memory.letGrow(false)
  return () => {
    let used = memory.cpuMs()
    let idle = 0
    let looks = 0
    const look = () => {
      const before = used
      used = memory.cpuMs()
      const spent = used - before
      looks += 1
      idle = spent < idleMs ? idle + 1 : 0
      if (idle < idleLooks && spent < workMs && looks < mostLooks) {
        cancel = scheduler.after(everyMs, look)
        return
      }
      if (idle === idleLooks) memory.collect()
      memory.letGrow(true)
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
