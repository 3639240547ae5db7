import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Scheduler } from './scheduler.ts'

export interface YoungMemoryOfProcess {
  /** CPU time that the process has used, in ms */
  cpuMs(): number
  /** what the young generation takes of the computer's memory */
  youngBytes(): number
  /** collects the young generation alone, which at rest also makes it smaller; the event loop waits for it, some 10 ms */
  collectYoung(): void
}

const everyMs = 2000
/** of `everyMs`: less than this is idle */
const idleMs = 100
/** so often idle in a row, and the process rests */
const idleLooks = 5
/** V8 makes it smaller when it sees for the second time that little is allocated */
const mostCollections = 3
const largeBytes = 16 * 1024 * 1024

/**
 * After a burst of work V8 can keep a young generation of more than 100 MB: it makes it smaller by itself only if a whole collection came shortly before the rest, and
 * a process at rest does not fill it. Here the young generation is collected then, alone: a whole collection makes V8 forget code that it has compiled.
 * @returns stops it
 */
export function giveBackAtRest(scheduler: Scheduler, memory: YoungMemoryOfProcess = memoryOfThisProcess): () => void {
  let used = memory.cpuMs()
  let idle = 0
  const look = () => {
    const before = used
    used = memory.cpuMs()
    idle = used - before < idleMs ? idle + 1 : 0
    if (idle >= idleLooks && idle < idleLooks + mostCollections && memory.youngBytes() > largeBytes) memory.collectYoung()
    cancel = scheduler.after(everyMs, look)
  }
  let cancel = scheduler.after(everyMs, look)
  return () => cancel()
}

/** Collects garbage now, in the young generation or everywhere. */
export function collectGarbage(type: 'minor' | 'major'): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void
  setFlagsFromString('--no-expose-gc')
  collect({ type })
}

/** CPU time of this process so far, in ms. */
export function cpuMsOfThisProcess(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const memoryOfThisProcess: YoungMemoryOfProcess = {
  cpuMs: cpuMsOfThisProcess,
  youngBytes: () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.physical_space_size ?? 0,
  collectYoung: () => collectGarbage('minor'),
}
