import { beforeEach, describe, expect, it } from 'vitest'
import { createManualScheduler } from './manual-scheduler.fixture.ts'
import { keepStartMemorySmall } from './start-memory.ts'

describe('memory of a process that has just started', () => {
  let done: string[]
  let used: number
  let scheduler: ReturnType<typeof createManualScheduler>
  let started: () => () => void

  beforeEach(() => {
    done = []
    used = 0
    scheduler = createManualScheduler()
    started = keepStartMemorySmall(scheduler, {
      cpuMs: () => used,
      letGrow: (allowed) => void done.push(allowed ? 'grow' : 'stay'),
      collect: () => void done.push('collect'),
    })
  })

  const halfSeconds = (count: number, cpuMs: number) => {
    for (let look = 0; look < count; look += 1) {
      used += cpuMs
      scheduler.run()
    }
  }

  it('does not grow while the program starts, whatever that takes', () => {
    used = 3000
    expect(done).toEqual(['stay'])
    expect(scheduler.waiting).toEqual([])
  })

  it('is collected once, when the process has been idle for fifteen seconds', () => {
    used = 3000
    started()
    halfSeconds(10, 50)
    halfSeconds(29, 2)
    expect(done).toEqual(['stay'])
    halfSeconds(1, 2)
    expect(done).toEqual(['stay', 'stay', 'collect', 'grow'])
    expect(scheduler.waiting).toEqual([])
  })

  it('grows with the first work, and is still collected if the process comes to rest soon', () => {
    started()
    halfSeconds(1, 200)
    expect(done).toEqual(['stay', 'grow'])
    halfSeconds(30, 2)
    expect(done).toEqual(['stay', 'grow', 'stay', 'collect', 'grow'])
    expect(scheduler.waiting).toEqual([])
  })

  it('is not collected once the process has worked for a minute', () => {
    started()
    halfSeconds(120, 200)
    expect(done).toEqual(['stay', 'grow'])
    expect(scheduler.waiting).toEqual([])
  })

  it('may grow after a minute in which the process was neither idle nor at work', () => {
    started()
    halfSeconds(119, 50)
    expect(done).toEqual(['stay'])
    halfSeconds(1, 50)
    expect(done).toEqual(['stay', 'grow'])
    expect(scheduler.waiting).toEqual([])
  })

  it('leaves no timer behind', () => {
    const stop = started()
    halfSeconds(1, 100)
    stop()
    expect(scheduler.waiting).toEqual([])
  })

  it('is really collected: what nobody holds is gone', async () => {
    const stop = keepStartMemorySmall(scheduler)()
    let large: object | undefined = { bytes: Array.from({ length: 100_000 }, () => 0) }
    const seen = new WeakRef(large)
    large = undefined
    // a WeakRef keeps what it leads to until the turn in which it was made is over
    await new Promise((resolve) => setImmediate(resolve))
    for (let look = 0; look < 30; look += 1) scheduler.run()
    expect(seen.deref()).toBeUndefined()
    stop()
  })
})
