import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What a whole collection left. */
export interface Collected {
  heapUsed: number
  residentBytes: number
}

/** How a process is from the inside, once a second. */
export interface InnerSample {
  heapUsed: number
  external: number
  /** ms beyond the timer's own interval */
  loopP99: number
  loopMax: number
}

const resolution = 10

/** Tells the process that started this one; does nothing where there is no channel to it. */
export function sendSamples(): void {
  if (!process.send) return
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  setInterval(() => {
    const { heapUsed, external } = process.memoryUsage()
    const beyond = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution)
    const sample: InnerSample = { heapUsed, external, loopP99: beyond(delay.percentile(99)), loopMax: beyond(delay.max) }
    delay.reset()
    if (process.connected) process.send?.({ sample })
  }, 1000).unref()
  process.on('message', (message: object) => {
    if (!('collect' in message)) return
    collectGarbage()
    const { heapUsed, rss } = process.memoryUsage()
    const collected: Collected = { heapUsed, residentBytes: rss }
    process.send?.({ collected })
  })
  // being able to listen must not keep a finished process alive
  process.channel?.unref()
}

let collect: (() => void) | undefined
/** So seldom that it changes little but what can be seen. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  collect ??= runInNewContext('gc') as () => void
  collect()
}
