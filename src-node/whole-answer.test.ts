import { expect, test } from 'vitest'
import { frameType, type Frame } from '../src-protocol/tunnel.ts'
import { framesOf, joinAnswers } from './whole-answer.ts'

const body = new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"result":{}}')
const head = { status: 200, headers: { 'content-type': 'application/json' } }

function join() {
  const sent: Frame[] = []
  let held = 0
  const joiner = joinAnswers(
    (type, exchange, head = {}, body = new Uint8Array()) => sent.push({ type, exchange, head, body }),
    () => (held += 1),
  )
  const types = () => sent.map(({ type, exchange }) => `${exchange}:${type}`)
  return { ...joiner, sent, types, held: () => held }
}

test('head, message and end of one exchange travel as one frame, and arrive as three', () => {
  const { send, sent, held } = join()
  send(frameType.head, 7, head)
  expect(held()).toBe(1)
  send(frameType.message, 7, {}, body)
  expect(sent).toEqual([])
  send(frameType.end, 7)
  expect(sent.map(({ type }) => type)).toEqual([frameType.answer])
  const parts = sent.flatMap((frame) => [...framesOf(frame)])
  expect(parts.map(({ type, exchange }) => [type, exchange])).toEqual([
    [frameType.head, 7],
    [frameType.message, 7],
    [frameType.end, 7],
  ])
  expect(parts[0]?.head).toEqual(head)
  expect(Buffer.from(parts[1]?.body ?? []).equals(body)).toBe(true)
})

test('whatever comes in between keeps its place', () => {
  const { send, flush, types } = join()
  send(frameType.head, 1, head)
  send(frameType.message, 1, {}, body)
  send(frameType.head, 2, head)
  send(frameType.end, 1)
  send(frameType.message, 2, {}, body)
  send(frameType.abort, 2)
  flush()
  expect(types()).toEqual(['1:2', '1:3', '2:2', '1:5', '2:3', '2:6'])
})

test('a stream of several messages, a message with fields and an answer without a body are not joined', () => {
  const { send, flush, types } = join()
  send(frameType.head, 1, head)
  send(frameType.message, 1, {}, body)
  send(frameType.message, 1, {}, body)
  send(frameType.end, 1)
  send(frameType.head, 2, head)
  send(frameType.message, 2, { id: 'e1' }, body)
  send(frameType.end, 2)
  send(frameType.head, 3, head)
  send(frameType.end, 3)
  flush()
  expect(types()).toEqual(['1:2', '1:3', '1:3', '1:5', '2:2', '2:3', '2:5', '3:2', '3:5'])
})

test('what is held back goes out with the end of the tick', () => {
  const { send, flush, types } = join()
  send(frameType.head, 1, head)
  send(frameType.message, 1, {}, body)
  flush()
  flush()
  send(frameType.end, 1)
  expect(types()).toEqual(['1:2', '1:3', '1:5'])
})
