import { expect, test } from 'vitest'
import type { ResponseFrame } from '../../src-node/checked-frame.ts'
import { createManualScheduler } from '../../src-node/manual-scheduler.fixture.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { frameType, type OpenHead } from '../../src-protocol/tunnel.ts'
import type { AgentLink } from '../agents/agent-link.ts'
import { createSessionLink } from './session-link.ts'

const session = 'ses_abcdefghij012345' as SessionId
const head: OpenHead = { session, method: 'POST', headers: {} }

function start() {
  const scheduler = createManualScheduler()
  return { scheduler, link: createSessionLink({ session, agentName: 'dc-1', scheduler }) }
}

/** an agent's connection that notes what is sent over it */
function connection() {
  const sent: string[] = []
  const aborted: string[] = []
  const ended: string[] = []
  const link: AgentLink = {
    agent: 'agt',
    startSession: () => Promise.resolve(),
    endSession: (id) => void ended.push(id),
    openExchange(_head, body) {
      const text = Buffer.from(body).toString()
      sent.push(text)
      return { abort: () => void aborted.push(text) }
    },
    close() {},
  }
  return { link, sent, aborted, ended }
}

const send = (link: ReturnType<typeof start>['link'], text: string, frames: ResponseFrame[] = []) =>
  link.openExchange(head, Buffer.from(text), (frame) => void frames.push(frame))

test('while the agent is away calls wait for it, and go on in their order, once', () => {
  const { link, scheduler } = start()
  const first = connection()
  send(link, 'one')
  send(link, 'two')
  expect(scheduler.waiting).toHaveLength(2)
  link.bind(first.link)
  expect(first.sent).toEqual(['one', 'two'])
  expect(scheduler.waiting).toEqual([])
  send(link, 'three')
  // another connection of the same agent: what was sent is not sent again
  const second = connection()
  link.bind(second.link)
  send(link, 'four')
  expect(first.sent).toEqual(['one', 'two', 'three'])
  expect(second.sent).toEqual(['four'])
})

test('an agent that does not come in time: the call is told that it is offline, and is never sent', () => {
  const { link, scheduler } = start()
  const frames: ResponseFrame[] = []
  send(link, 'too long', frames)
  scheduler.run()
  expect(frames).toMatchObject([{ type: frameType.abort, head: { error: { code: 'AGENT_OFFLINE', data: { agent: 'dc-1' } } } }])
  const late = connection()
  link.bind(late.link)
  expect(late.sent).toEqual([])
})

test('a call that is given up while it waits is never sent; one that was sent meanwhile is aborted there', () => {
  const { link, scheduler } = start()
  const gone = send(link, 'gone')
  const sent = send(link, 'sent')
  gone.abort()
  expect(scheduler.waiting).toHaveLength(1)
  const agent = connection()
  link.bind(agent.link)
  expect(agent.sent).toEqual(['sent'])
  sent.abort()
  expect(agent.aborted).toEqual(['sent'])
})

test('over: the agent ends the server, and what waits is dropped', () => {
  const { link, scheduler } = start()
  const agent = connection()
  link.bind(agent.link)
  link.end()
  expect(agent.ended).toEqual([session])
  const away = start()
  send(away.link, 'never')
  away.link.end()
  expect([...scheduler.waiting, ...away.scheduler.waiting]).toEqual([])
})
