import type { Scheduler } from '../../src-node/scheduler.ts'
import type { Call } from '../../src-protocol/model.ts'

const everyMs = 50
/** more than a list shows; the rest is there when the session is asked for */
const mostAtOnce = 200

/** Gathers changes of calls, so that a busy session costs a push per moment and not one per message. */
export function createCallPushes(scheduler: Scheduler, push: (signInId: string, call: Call) => void) {
  const changed = new Map<Call, string>()
  let waiting = false
  const flush = () => {
    waiting = false
    for (const [call, signInId] of [...changed].slice(-mostAtOnce)) push(signInId, call)
    changed.clear()
  }
  return (signInId: string, call: Call): void => {
    changed.set(call, signInId)
    if (waiting) return
    waiting = true
    scheduler.after(everyMs, flush)
  }
}
