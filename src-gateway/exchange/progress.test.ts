import { expect, test } from 'vitest'
import { parseMessage } from '../../src-core/json/parse-message.ts'
import type { Exchange } from './exchange.ts'
import { continueProgress, waitingProgress } from './progress.ts'

const exchange = (progressToken?: string) =>
  ({
    progressOffset: 0,
    request: { id: 1, method: 'tools/call', stateless: false, ...(progressToken && { progressToken }) },
  }) as unknown as Exchange

const serverProgress = (progressToken: string, progress: number, total?: number) =>
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress, total } })

function moved(held: Exchange, text: string): string {
  const parsed = parseMessage(Buffer.from(text), { maxBytes: 1e6, maxDepth: 10 })
  if (!parsed.ok) throw new Error(parsed.code)
  return continueProgress(held, parsed.message, text)
}

test('a client that asked for no progress gets none', () => {
  expect(waitingProgress(exchange(), 'Waiting')).toBeUndefined()
})

test('values rise while the call is held, and the server’s own continue behind them', () => {
  const held = exchange('p')
  const values = [1, 2, 3].map(
    () => (JSON.parse(waitingProgress(held, 'Waiting') ?? '') as { params: { progress: number } }).params.progress,
  )
  expect(values).toEqual([0.001, 0.002, 0.003])
  expect(JSON.parse(moved(held, serverProgress('p', 0, 10)))).toMatchObject({ params: { progress: 0.003, total: 10.003 } })
})

test('progress of a call that was never held, and of another call, stays byte for byte', () => {
  const text = serverProgress('p', 0)
  expect(moved(exchange('p'), text)).toBe(text)
  const held = exchange('p')
  waitingProgress(held, 'Waiting')
  expect(moved(held, serverProgress('q', 0))).toBe(serverProgress('q', 0))
})
