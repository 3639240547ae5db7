import { expect, test } from 'vitest'
import { takeTurns } from './take-turns.ts'

const work = () => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { promise, resolve, reject }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('no more than the width run at the same time, in the order in which they came', async () => {
  const inTurn = takeTurns(2)
  const begun: number[] = []
  const works = Array.from({ length: 5 }, work)
  const done = works.map((one, at) =>
    inTurn(() => {
      begun.push(at)
      return one.promise
    }),
  )
  await settle()
  expect(begun).toEqual([0, 1])
  works[1]?.resolve('second')
  await settle()
  expect(begun).toEqual([0, 1, 2])
  expect(await done[1]).toBe('second')
  for (const one of works) one.resolve('done')
  await Promise.all(done)
  expect(begun).toEqual([0, 1, 2, 3, 4])
})

test('one that fails gives its place to the next', async () => {
  const inTurn = takeTurns(1)
  const failed = inTurn(() => Promise.reject(new Error('the disk is full')))
  const next = inTurn(() => Promise.resolve('went on'))
  await expect(failed).rejects.toThrow('the disk is full')
  expect(await next).toBe('went on')
  expect(await inTurn(() => Promise.resolve('and again'))).toBe('and again')
})

test('who comes while a place is handed on waits too', async () => {
  const inTurn = takeTurns(1)
  let running = 0
  let most = 0
  const count = async () => {
    running += 1
    most = Math.max(most, running)
    await settle()
    running -= 1
  }
  const first = inTurn(count)
  const second = inTurn(count)
  await first
  await Promise.all([second, inTurn(count), inTurn(count)])
  expect(most).toBe(1)
})
