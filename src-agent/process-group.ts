import type { Scheduler } from '../src-node/scheduler.ts'

/**
 * A server is often started through a shell or a launcher; ending only that would leave the server itself running. So each child
 * leads a process group of its own, and signals go to the group. Windows has no process groups: there the child alone is signalled.
 */
export const ownGroup = process.platform !== 'win32'

/** False when nothing of the group is left. Signal 0 only asks. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(ownGroup ? -leader : leader, signal)
    return true
  } catch (error) {
    // EPERM: something is left that may not be signalled (it changed its user)
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const pollMs = 25

/** Asks the whole group to end, ends it by force after the grace period, and resolves when nothing is left or force was used. */
export function endGroup(leader: number, options: { graceMs: number; scheduler: Scheduler }): Promise<void> {
  return new Promise((resolve) => {
    let polls = Math.ceil(options.graceMs / pollMs)
    const look = () => {
      if (!signalGroup(leader, 0)) return resolve()
      if (polls === 0) {
        signalGroup(leader, 'SIGKILL')
        return resolve()
      }
      polls -= 1
      options.scheduler.after(pollMs, look)
    }
    signalGroup(leader, 'SIGTERM')
    look()
  })
}
