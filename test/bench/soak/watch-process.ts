import type { ChildProcess } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { residentBytes } from '../arm-process.ts'
import type { InnerSample } from './send-samples.ts'

/** A process in one second; `second` counts from the begin of the watch. */
export interface ProcessSample extends Partial<InnerSample> {
  second: number
  residentBytes: number
  files: number
}

export interface Watch {
  name: string
  samples: ProcessSample[]
  /** bytes that a whole collection left, each time it was asked for */
  liveHeap: number[]
  collect(): void
  stop(): void
}

/** Looks at a process every second: from the outside, and what it told of itself last. */
export function watchProcess(name: string, child: ChildProcess): Watch {
  const { pid } = child
  if (pid === undefined) throw new Error(`${name} does not run`)
  const samples: ProcessSample[] = []
  const started = performance.now()
  const liveHeap: number[] = []
  let inner: Partial<InnerSample> = {}
  const hear = (message: object) => {
    if (!('sample' in message)) return
    const sample = message.sample as Partial<InnerSample>
    if (sample.liveHeap === undefined) inner = sample
    else liveHeap.push(sample.liveHeap)
  }
  child.on('message', hear)
  const timer = setInterval(() => {
    // one that has just ended has nothing to look at
    if (child.exitCode !== null || child.signalCode !== null) return
    const second = Math.round((performance.now() - started) / 1000)
    samples.push({ second, residentBytes: residentBytes(pid), files: readdirSync(`/proc/${pid}/fd`).length, ...inner })
    inner = {}
  }, 1000)
  return {
    name,
    samples,
    liveHeap,
    collect: () => void child.send({ collect: true }),
    stop() {
      clearInterval(timer)
      child.off('message', hear)
    },
  }
}
