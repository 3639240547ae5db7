import { beforeEach, expect, test } from 'vitest'
import { createManualScheduler, type ManualScheduler } from '../src-node/manual-scheduler.fixture.ts'
import { createRestarts, type Restarts } from './restarts.ts'

let scheduler: ManualScheduler
let restarts: Restarts
let ran: string[]
beforeEach(() => {
  scheduler = createManualScheduler()
  restarts = createRestarts({ server: { restart: 'on-initialize' }, scheduler, random: () => 0 })
  ran = []
})

test('never: a stop is the end', () => {
  const never = createRestarts({ server: { restart: 'never' }, scheduler })
  expect([never.stopped(), never.resting, scheduler.waiting]).toEqual([false, false, []])
})

test('after the first stop nobody waits, after the next ones a little, after the fifth there is no more', () => {
  const rests: (number | undefined)[] = []
  for (let count = 1; count <= 4; count += 1) {
    expect(restarts.stopped()).toBe(true)
    expect(restarts.resting).toBe(count > 1)
    const rest = scheduler.waiting.find((milliseconds) => milliseconds < 60_000)
    rests.push(rest)
    if (rest !== undefined) scheduler.run(rest)
    expect(restarts.resting).toBe(false)
  }
  expect(rests).toEqual([undefined, 500, 1000, 2000])
  expect(restarts.stopped()).toBe(false)
})

test('who waits is served when the rest is over, in order; who left is not', () => {
  restarts.stopped()
  restarts.stopped()
  for (const exchange of [1, 2, 3]) restarts.wait(exchange, () => ran.push(String(exchange)))
  restarts.forget(2)
  expect(ran).toEqual([])
  scheduler.run(500)
  expect(ran).toEqual(['1', '3'])
})

test('a minute without a stop, and all is forgotten', () => {
  for (let count = 1; count <= 4; count += 1) restarts.stopped()
  scheduler.run(60_000)
  for (let count = 1; count <= 4; count += 1) expect(restarts.stopped()).toBe(true)
  expect(restarts.stopped()).toBe(false)
})

test('the end leaves no timer, and says who waits', () => {
  restarts.stopped()
  restarts.stopped()
  restarts.wait(7, () => ran.push('7'))
  expect(restarts.close()).toEqual([7])
  expect([scheduler.waiting, ran]).toEqual([[], []])
})
