import { describe, expect, test } from 'vitest'
import { AppError } from '../../src-protocol/app-error.ts'
import {
  answer,
  call,
  delivered,
  end,
  forwarded,
  inspectBy,
  open,
  ports,
  records,
  result,
  session,
  settled,
  useExchange,
} from './open-exchange.fixture.ts'

useExchange()

describe('large messages', () => {
  const padding = 'x'.repeat(300 * 1024)
  const largeCall = (id: number, tool = 'echo') =>
    JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool, arguments: { padding } } })
  const largeResult = (id: number, text = '') =>
    JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: `${text}${padding}` }] } })
  const hold = () => {
    const waiting: (() => void)[] = []
    inspectBy((inspect) => new Promise((resolve) => waiting.push(() => resolve(inspect()))))
    return async () => {
      waiting.shift()?.()
      await settled()
    }
  }

  test('a request goes on with its own bytes once it was inspected and recorded', async () => {
    const release = hold()
    open(largeCall(1))
    await settled()
    expect(records).toEqual([])
    await release()
    expect(records[0]?.record).toMatchObject({ kind: 'request', body: largeCall(1), bytes: largeCall(1).length })
    expect(forwarded).toEqual([])
    await records[0]?.durable()
    expect(forwarded.map(({ body }) => body)).toEqual([largeCall(1)])
  })

  test('a request that policy denies is denied whatever its size', async () => {
    open(largeCall(1, 'drop'))
    await settled()
    await records[0]?.durable()
    await records[1]?.durable()
    expect(forwarded).toEqual([])
    expect(delivered.join()).toContain('Denied')
  })

  test('what follows an answer that is being inspected waits for it; another exchange does not', async () => {
    open(call(1))
    open(call(2))
    await records[0]?.durable()
    await records[1]?.durable()
    const release = hold()
    answer(largeResult(1, 'card 4111 1111 1111 1111'), 0)
    await settled()
    answer(result(2), 1)
    await records[2]?.durable()
    expect(delivered).toEqual(['head 200', 'head 200', result(2), 'end'])
    await release()
    await records[3]?.durable()
    expect(records[3]?.record).toMatchObject({ masks: [{ rule: 'cards', count: 1 }] })
    expect(delivered.slice(4)).toEqual([largeResult(1, 'card [MASKED:card]'), 'end'])
  })

  test('a message that cannot be inspected is withheld, and its client is told', async () => {
    open(call(1))
    await records[0]?.durable()
    inspectBy(() => Promise.reject(new AppError('INSPECTION_FAILED', { problem: 'the check took too long' })))
    answer(largeResult(1))
    await settled()
    expect(records[1]?.record).toMatchObject({ kind: 'error', code: 'INSPECTION_FAILED' })
    await records[1]?.durable()
    await records[2]?.durable()
    expect(delivered.join()).toContain('INSPECTION_FAILED')
    expect(delivered.join()).not.toContain(padding)
    expect(session.ended).toBeUndefined()
  })

  test('a request that cannot be inspected is refused', async () => {
    inspectBy(() => Promise.reject(new Error('a defect')))
    open(largeCall(1))
    await settled()
    await records[0]?.durable()
    await records[1]?.durable()
    expect(forwarded).toEqual([])
    expect(delivered.join()).toContain('INSPECTION_FAILED')
  })

  test('an answer above the limit is withheld: the client learns the limit, and the session goes on', async () => {
    ports.limits.responseBytes = 1000
    open(call(1))
    await records[0]?.durable()
    answer(largeResult(1))
    await records[1]?.durable()
    await records[2]?.durable()
    expect(records[1]?.record).toMatchObject({ kind: 'error', code: 'ANSWER_TOO_LARGE' })
    expect(delivered.join()).toContain('at most 1000 are passed on')
    expect(session.ended).toBeUndefined()
  })

  test('what is inspected when the session ends goes nowhere', async () => {
    const release = hold()
    open(largeCall(1))
    end(session)
    await release()
    expect(records).toEqual([])
    expect(forwarded).toEqual([])
  })
})
