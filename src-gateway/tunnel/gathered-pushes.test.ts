import { expect, test } from 'vitest'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import { gatherPushes } from './gathered-pushes.ts'

function gather() {
  const scheduler = createManualScheduler()
  const pushed: string[] = []
  const changed = gatherPushes<{ id: number; state: string }>(scheduler, 50, ({ id, state }) => pushed.push(`${id} ${state}`))
  const runAll = () => {
    while (scheduler.waiting.length > 0) scheduler.run(50)
  }
  return { scheduler, pushed, changed, runAll }
}

test('what changes twice in a moment is pushed once, as it is then', () => {
  const { scheduler, pushed, changed } = gather()
  const call = { id: 1, state: 'running' }
  changed(call)
  call.state = 'done'
  changed(call)
  expect(pushed).toEqual([])
  scheduler.run(50)
  expect(pushed).toEqual(['1 done'])
  expect(scheduler.waiting).toEqual([])
})

test('a burst arrives whole and in order, a few at a moment', () => {
  const { scheduler, pushed, changed, runAll } = gather()
  for (let id = 0; id < 45; id += 1) changed({ id, state: 'done' })
  scheduler.run(50)
  expect(pushed.length).toBe(10)
  runAll()
  expect(pushed).toEqual(Array.from({ length: 45 }, (_, id) => `${id} done`))
})

test('more than can be followed is dropped, the oldest first, and the newest always arrives', () => {
  const { pushed, changed, runAll } = gather()
  for (let id = 0; id < 1000; id += 1) changed({ id, state: 'done' })
  runAll()
  expect(pushed.length).toBe(200)
  expect(pushed[0]).toBe('800 done')
  expect(pushed.at(-1)).toBe('999 done')
})
