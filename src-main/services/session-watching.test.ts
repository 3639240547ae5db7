import { expect, test } from 'vitest'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { watchEvent } from '../../src-protocol/watch.ts'
import { createSessionWatching } from './session-watching.ts'
import type { ExchangeReceiver } from './tunnel.ts'

const session = 'ses_AAAAAAAAAAAAAAAA' as SessionId

function start() {
  const told: string[] = []
  const scheduler = createManualScheduler()
  let receiver: ExchangeReceiver | undefined
  let left = 0
  const watching = createSessionWatching({
    tunnel: () => ({
      watch(head, given) {
        expect(head).toEqual({ watch: session })
        receiver = given
        return () => (left += 1)
      },
    }),
    scheduler,
    onChanged: (id) => told.push(id),
  })
  watching.start(session)
  const send = (event: string, text: string) => receiver?.message({ event }, Buffer.from(text))
  return { watching, told, scheduler, send, receiver: receiver as unknown as ExchangeReceiver, left: () => left }
}

const line = (seq: number, name = 'Helene') =>
  JSON.stringify({ v: 1, seq, at: '2026-11-22T10:00:00.000Z', kind: 'live-watch', event: 'began', by: { sub: 'h', name } })

test('keeps what comes as rows and lines, and tells the window once for many', () => {
  const { watching, told, scheduler, send, receiver } = start()
  expect(watching.rows(session, 0).state).toBe('starting')
  receiver.head({ status: 200, headers: {} })
  send(watchEvent.records, `${line(0)}\n${line(1)}\n`)
  send(watchEvent.missed, '{"from":2,"to":8,"why":"behind"}')
  send(watchEvent.records, `${line(9)}\n`)
  expect(watching.rows(session, 1)).toMatchObject({
    state: 'watching',
    total: 3,
    missed: [{ from: 2, to: 8 }],
    rows: [{ seq: 1 }, { seq: 9 }],
  })
  expect(watching.record(session, 9).line).toBe(line(9))
  expect(() => watching.record(session, 5)).toThrow(AppError)
  expect(scheduler.waiting).toHaveLength(1)
  scheduler.run()
  expect(told).toEqual([session])
})

test('a line that is no record is not shown, whoever sent it', () => {
  const { watching, send } = start()
  send(watchEvent.records, `{"v":1,"seq":0,"kind":"else"}\nno json\n${line(1)}\n`)
  send('else', line(2))
  send(watchEvent.missed, 'no json')
  expect(watching.rows(session, 0).rows.map(({ seq }) => seq)).toEqual([1])
})

test('says why it is over; stopping leaves, and forgets', () => {
  const { watching, receiver, left } = start()
  receiver.abort(new AppError('FORBIDDEN', { needed: 'a role' }))
  expect(watching.rows(session, 0)).toMatchObject({ state: 'failed', error: { code: 'FORBIDDEN' } })
  watching.stop(session)
  expect(left()).toBe(1)
  expect(() => watching.rows(session, 0)).toThrow(AppError)
})
