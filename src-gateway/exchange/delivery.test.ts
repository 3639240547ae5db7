import { describe, expect, test } from 'vitest'
import { Delivery } from './delivery.ts'

function open() {
  const handed: string[] = []
  const failures: unknown[] = []
  const state = { open: true }
  const delivery = new Delivery(
    () => state.open,
    (error) => failures.push(error),
  )
  return { delivery, handed, failures, state, hand: (name: string) => () => void handed.push(name) }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a delivery', () => {
  test('keeps the order in which it came, whatever is durable first', async () => {
    const { delivery, handed, hand } = open()
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    delivery.after(undefined, hand('head'))
    delivery.after(first.promise, hand('first'))
    delivery.after(second.promise, hand('second'))
    delivery.after(undefined, hand('end'))
    expect(handed).toEqual(['head'])
    second.resolve()
    await turn()
    expect(handed).toEqual(['head'])
    first.resolve()
    await turn()
    expect(handed).toEqual(['head', 'first', 'second', 'end'])
  })

  test('hands over nothing that was not recorded, nor what came after it; it tells once', async () => {
    const { delivery, handed, failures, hand } = open()
    const first = Promise.withResolvers<void>()
    delivery.after(first.promise, hand('first'))
    delivery.after(Promise.reject(new Error('disk')), hand('second'))
    delivery.after(Promise.reject(new Error('disk again')), hand('third'))
    delivery.after(undefined, hand('end'))
    first.resolve()
    await turn()
    expect(handed).toEqual(['first'])
    expect(failures).toEqual([new Error('disk')])
  })

  test('hands over nothing once it is closed', async () => {
    const { delivery, handed, state, hand } = open()
    delivery.after(Promise.resolve(), hand('first'))
    state.open = false
    await turn()
    expect(handed).toEqual([])
  })

  test('what is handed over may add to it, in order; what throws ends it', async () => {
    const { delivery, handed, failures, hand } = open()
    delivery.after(undefined, () => {
      delivery.after(undefined, hand('inner'))
      handed.push('outer')
    })
    expect(handed).toEqual(['outer', 'inner'])
    delivery.after(Promise.resolve(), () => {
      throw new Error('broken')
    })
    delivery.after(undefined, hand('after'))
    await turn()
    expect(handed).toEqual(['outer', 'inner'])
    expect(failures).toEqual([new Error('broken')])
  })
})
