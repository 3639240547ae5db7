/**
 * A held call and the time-out of its client, which is a real one: 2.5 seconds, for which the sign of life comes every half second. In both
 * eras, through the whole product, with the SDK's own client.
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { Approval, Session } from '../../src-protocol/model.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

const timeout = 2500
const patience = { timeout: 20_000 }

let chain: WholeChain
let operator: Desktop
let reviewer: Desktop

beforeAll(async () => {
  chain = await startWholeChain({
    limits: {
      holdBeatSeconds: 0.5,
      holdSeconds: 60,
      holds: [
        { client: 'hasty', seconds: 1, secondsWithProgress: 60 },
        { client: 'misjudged', seconds: 60 },
      ],
    },
  })
  operator = await chain.signedIn('operator')
  reviewer = await chain.signedIn('reviewer')
}, 120_000)
afterAll(() => chain.close())

interface Open {
  session: Session
  client: Client
  call: (text: string, options?: object) => Promise<unknown>
}

async function open(era: string, name: string): Promise<Open> {
  const session = await operator.handlers['sessions:open']({ connection: 'reviewed-eras', reason: 'held', minutes: 5 })
  const { url, bearer } = await operator.handlers['sessions:client-setup'](session.id)
  const stateless = era === 'stateless' && { versionNegotiation: { mode: { pin: '2026-07-28' } } }
  const client = new Client({ name, version: '1' }, { ...stateless })
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization: `Bearer ${bearer}` } } }))
  await client.listTools()
  const call = (text: string, options = {}) =>
    client.request({ method: 'tools/call', params: { name: 'test_simple_text', arguments: { text } } }, { timeout, ...options })
  return { session, client, call }
}

async function approvalOf(session: Session): Promise<Approval> {
  let found: Approval | undefined
  await expect
    .poll(
      async () => (found = (await reviewer.handlers['approvals:list'](undefined)).find((each) => each.session === session.id)),
      patience,
    )
    .toBeDefined()
  return found as Approval
}
const approve = ({ id, digest }: Approval) =>
  reviewer.handlers['approvals:vote']({ approval: id, decision: 'approve', reason: 'fine', digest })
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const lastCall = async (session: Session) => (await operator.handlers['sessions:get'](session.id)).calls.at(-1)

describe.for(['stateful', 'stateless'])('a %s client', (era) => {
  test('that asked for progress waits longer than its time-out, and gets the result', async () => {
    const { session, client, call } = await open(era, 'patient')
    const progress: number[] = []
    const onprogress = (report: { progress: number }) => void progress.push(report.progress)
    const result = call('a', { onprogress, resetTimeoutOnProgress: true })
    const approval = await approvalOf(session)
    await pause(timeout * 1.5)
    await approve(approval)
    expect(JSON.stringify(await result)).toContain('simple text')
    expect(progress.length).toBeGreaterThan(3)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    await client.close()
  })

  test('without progress is told to repeat the call before its time-out; the same call then runs, once', async () => {
    const { session, client, call } = await open(era, 'hasty')
    expect(JSON.stringify(await call('b'))).toContain('Pending approval')
    const approval = await approvalOf(session)
    const repeated = call('b')
    await approve(approval)
    expect(JSON.stringify(await repeated)).toContain('simple text')
    expect((await reviewer.handlers['approvals:get'](approval.id)).state).toBe('executed')
    await client.close()
  })

  test('that is held for too long gives up although comments come: that is why there are budgets', async () => {
    const { session, client, call } = await open(era, 'misjudged')
    await expect(call('c')).rejects.toMatchObject({ message: expect.stringMatching(/timed? ?out/i) as unknown })
    const approval = await approvalOf(session)
    // its call is over, or was cancelled; the approval stays for a repeated one
    const repeated = call('c', { timeout: 20_000 })
    await expect.poll(() => lastCall(session), patience).toMatchObject({ state: 'held' })
    await approve(approval)
    expect(JSON.stringify(await repeated)).toContain('simple text')
    await client.close()
  })
})
