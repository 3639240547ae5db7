import { expect, test } from 'vitest'
import { createPromptness } from './promptness.ts'

function start() {
  const turns: (() => void)[] = []
  const promptness = createPromptness((task) => turns.push(task))
  const turn = () => turns.splice(0).forEach((task) => task())
  /** how many writes are left to other threads before the event loop waits for one */
  const leftToOthers = () => {
    for (let count = 0; ; count += 1) if (promptness.mayWaitHere(100)) return count
  }
  const quick = (count: number) => {
    for (let write = 0; write < count; write += 1) promptness.waited(0.2)
    turn()
  }
  return { promptness, turn, leftToOthers, quick }
}

test('a disk is waited for once the first writes are over', () => {
  const { leftToOthers } = start()
  expect(leftToOthers()).toBe(16)
  expect(leftToOthers()).toBe(0)
})

test('one write in a turn: others go to the disk at the same time elsewhere', () => {
  const { promptness, leftToOthers, turn } = start()
  leftToOthers()
  promptness.waited(0.2)
  expect(promptness.mayWaitHere(100)).toBe(false)
  turn()
  expect(promptness.mayWaitHere(100)).toBe(true)
})

test('a slow write now and then changes nothing', () => {
  const { promptness, leftToOthers, turn, quick } = start()
  leftToOthers()
  quick(32)
  promptness.waited(20)
  turn()
  expect(leftToOthers()).toBe(0)
})

test('a disk that is slow on average is left to other threads', () => {
  const { promptness, leftToOthers, turn } = start()
  leftToOthers()
  let waits = 0
  for (; leftToOthers() === 0; waits += 1) {
    promptness.waited(5)
    turn()
  }
  // 0 → 1 ms, a 32nd of the difference each time
  expect(waits).toBe(8)
})

test('one that hangs is waited for ever more seldom, and often again when it has been quick for a while', () => {
  const { promptness, leftToOthers, turn, quick } = start()
  leftToOthers()
  const hanging = () => {
    promptness.waited(150)
    turn()
    return leftToOthers()
  }
  expect([hanging(), hanging(), hanging()]).toEqual([16, 32, 64])
  for (let times = 0; times < 12; times += 1) hanging()
  expect(hanging()).toBe(4096)
  quick(256)
  expect(hanging()).toBe(16)
})

test('a large write is never waited for', () => {
  const { promptness, leftToOthers } = start()
  leftToOthers()
  expect(promptness.mayWaitHere(300_000)).toBe(false)
})
