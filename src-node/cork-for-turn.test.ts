import { expect, test } from 'vitest'
import { atEndOfTurn, corkForTurn } from './cork-for-turn.ts'

/** Keeps what is written until it is let go, and tells when that was. */
function corkedStream(told: string[], name: string) {
  let depth = 0
  return {
    get writableCorked() {
      return depth
    },
    cork() {
      depth += 1
    },
    uncork() {
      depth -= 1
      told.push(`${name} leaves`)
    },
  }
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

test('what is written in a turn leaves once, at its end', async () => {
  const told: string[] = []
  const stream = corkedStream(told, 'stream')
  corkForTurn(stream)
  await Promise.resolve()
  corkForTurn(stream)
  expect(stream.writableCorked).toBe(1)
  expect(told).toEqual([])
  await turn()
  expect(told).toEqual(['stream leaves'])
  expect(stream.writableCorked).toBe(0)
})

test('what the last task of a turn leads to leaves before the next turn, and what other tasks led to with it', async () => {
  const told: string[] = []
  const [first, second] = [corkedStream(told, 'first'), corkedStream(told, 'second')]
  const continued = async (stream: typeof first, name: string) => {
    for (let hop = 0; hop < 20; hop += 1) await Promise.resolve()
    told.push(`${name} is written`)
    corkForTurn(stream)
  }
  atEndOfTurn(() => void continued(first, 'first'))
  atEndOfTurn(() => {
    void continued(second, 'second')
    setImmediate(() => told.push('next turn'))
  })
  await turn()
  await turn()
  expect(told).toEqual(['first is written', 'second is written', 'first leaves', 'second leaves', 'next turn'])
})

test('a task that fails holds nothing back', async () => {
  const told: string[] = []
  const stream = corkedStream(told, 'stream')
  corkForTurn(stream)
  atEndOfTurn(() => void Promise.reject(new Error('full disk')).catch(() => told.push('failed')))
  await turn()
  await turn()
  expect(told).toEqual(['stream leaves', 'failed'])
  // the next turn is like any other
  corkForTurn(stream)
  expect(stream.writableCorked).toBe(1)
  await turn()
  expect(stream.writableCorked).toBe(0)
})
