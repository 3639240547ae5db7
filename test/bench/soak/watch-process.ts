import type { ChildProcess } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { residentBytes } from '../arm-process.ts'
import type { Collected, InnerSample } from './send-samples.ts'

/** A process in one second; `second` counts from the begin of the watch. */
export interface ProcessSample extends Partial<InnerSample> {
  second: number
  residentBytes: number
  files: number
}

export interface Watch {
  name: string
  samples: ProcessSample[]
  collected: (Collected & { second: number })[]
  /** asks for a whole collection */
  collect(): void
  stop(): void
}

/** Looks at a process every second: from the outside, and what it told of itself last. */
export function watchProcess(name: string, child: ChildProcess): Watch {
  const { pid } = child
  if (pid === undefined) throw new Error(`${name} does not run`)
  const samples: ProcessSample[] = []
  const started = performance.now()
  const collected: Watch['collected'] = []
  const secondsNow = (): number => Math.round((performance.now() - started) / 1000)
  let inner: Partial<InnerSample> = {}
  const hear = (message: object) => {
    if ('sample' in message) inner = message.sample as InnerSample
    if ('collected' in message) collected.push({ second: secondsNow(), ...(message.collected as Collected) })
  }
  child.on('message', hear)
  const timer = setInterval(() => {
    // one that has just ended has nothing to look at
    if (child.exitCode !== null || child.signalCode !== null) return
    samples.push({ second: secondsNow(), residentBytes: residentBytes(pid), files: readdirSync(`/proc/${pid}/fd`).length, ...inner })
    inner = {}
  }, 1000)
  return {
    name,
    samples,
    collected,
    collect: () => void child.send({ collect: true }),
    stop() {
      clearInterval(timer)
      child.off('message', hear)
    },
  }
}
