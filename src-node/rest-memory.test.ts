import { getHeapSpaceStatistics } from 'node:v8'
import { beforeEach, describe, expect, it } from 'vitest'
import { createManualScheduler } from './manual-scheduler.fixture.ts'
import { giveBackAtRest } from './rest-memory.ts'

describe('memory of a process at rest', () => {
  let collected: number
  let used: number
  let young: number
  let scheduler: ReturnType<typeof createManualScheduler>
  let stop: () => void

  beforeEach(() => {
    collected = 0
    used = 3000
    young = 80e6
    scheduler = createManualScheduler()
    stop = giveBackAtRest(scheduler, {
      cpuMs: () => used,
      youngBytes: () => young,
      collectYoung() {
        collected += 1
        if (collected % 2 === 0) young = 1e6
      },
    })
  })

  const looks = (count: number, cpuMs: number) => {
    for (let look = 0; look < count; look += 1) {
      used += cpuMs
      scheduler.run()
    }
  }

  it('is given back after ten seconds, until it is small, and again after the next work', () => {
    looks(4, 5)
    expect(collected).toBe(0)
    looks(1, 5)
    expect(collected).toBe(1)
    looks(20, 5)
    expect(collected).toBe(2)
    young = 80e6
    looks(30, 5)
    expect(collected).toBe(2)
    looks(1, 500)
    looks(5, 5)
    expect(collected).toBe(3)
  })

  it('stays as it is while the process works, however little', () => {
    for (let turn = 0; turn < 10; turn += 1) {
      looks(4, 5)
      looks(1, 150)
    }
    expect(collected).toBe(0)
  })

  it('is not looked at again and again where V8 does not make it smaller', () => {
    looks(5, 5)
    for (let look = 0; look < 50; look += 1) {
      young = 80e6
      looks(1, 5)
    }
    expect(collected).toBe(3)
  })

  it('leaves no timer behind', () => {
    looks(3, 5)
    stop()
    expect(scheduler.waiting).toEqual([])
  })

  it('is really collected', () => {
    stop()
    const work = () => {
      const kept: object[] = []
      for (let item = 0; item < 200_000; item += 1) kept.push({ item: [item] })
      return kept.length
    }
    // V8 makes it larger with the first rounds, and collects it whenever it likes
    for (let turn = 0; turn < 100 && (turn < 10 || youngGeneration().used < 8e6); turn += 1) expect(work()).toBe(200_000)
    const before = youngGeneration()
    expect(before.size).toBeGreaterThan(16 * 1024 * 1024)
    stop = giveBackAtRest(scheduler)
    for (let look = 0; look < 12; look += 1) scheduler.run()
    // that it becomes smaller, too, V8 decides by how long little was allocated
    expect(youngGeneration().used).toBeLessThan(before.used / 2)
    stop()
  })
})

function youngGeneration(): { used: number; size: number } {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  return { used: space?.space_used_size ?? 0, size: space?.physical_space_size ?? 0 }
}
