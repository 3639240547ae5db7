import { setFlagsFromString } from 'node:v8'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { keepIdleMemorySmall } from './idle-memory.ts'
import { createManualScheduler } from './manual-scheduler.fixture.ts'

describe('memory of a process that may rest', () => {
  let done: string[]
  let used: number
  let scheduler: ReturnType<typeof createManualScheduler>
  let started: () => () => void

  beforeEach(() => {
    done = []
    used = 0
    scheduler = createManualScheduler()
    started = keepIdleMemorySmall(scheduler, {
      cpuMs: () => used,
      letGrow: (allowed) => void done.push(allowed ? 'grow' : 'stay'),
      collect: () => void done.push('collect'),
    })
  })

  // the other tests of this process may need more
  afterAll(() => setFlagsFromString('--semi-space-growth-factor=2'))

  const fiveSeconds = (cpuMs: number) => {
    used += cpuMs
    scheduler.run()
  }

  it('does not grow while the program starts, whatever that takes', () => {
    used = 3000
    expect(done).toEqual(['stay'])
    expect(scheduler.waiting).toEqual([])
  })

  it('is collected once, when the process has been idle for three looks', () => {
    used = 3000
    started()
    for (let look = 0; look < 10; look += 1) fiveSeconds(20)
    expect(done).toEqual(['stay', 'stay', 'collect'])
  })

  it('may grow while there is work, and is collected after it', () => {
    started()
    for (let look = 0; look < 4; look += 1) fiveSeconds(2000)
    expect(done).toEqual(['stay', 'grow'])
    fiveSeconds(20)
    fiveSeconds(20)
    fiveSeconds(2000)
    expect(done).toEqual(['stay', 'grow'])
    for (let look = 0; look < 3; look += 1) fiveSeconds(20)
    expect(done).toEqual(['stay', 'grow', 'stay', 'collect'])
    fiveSeconds(2000)
    expect(done.at(-1)).toBe('grow')
  })

  it('leaves no timer behind', () => {
    const stop = started()
    fiveSeconds(2000)
    stop()
    expect(scheduler.waiting).toEqual([])
  })

  it('is really collected: what nobody holds is gone, and the growth of the young generation can be stopped', () => {
    const began = keepIdleMemorySmall(scheduler)
    began()
    let large: object | undefined = { bytes: Array.from({ length: 100_000 }, () => 0) }
    const seen = new WeakRef(large)
    large = undefined
    return new Promise<void>((resolve) =>
      setImmediate(() => {
        for (let look = 0; look < 3; look += 1) scheduler.run()
        // it was made in a turn that is over
        expect(seen.deref()).toBeUndefined()
        resolve()
      }),
    )
  })
})
