/** The desktop's own services, as its window uses them: the gateway is restarted below them. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

let chain: WholeChain
let operator: Desktop
let auditor: Desktop

beforeAll(async () => {
  chain = await startWholeChain()
  operator = await chain.signedIn('operator')
  auditor = await chain.signedIn('auditor')
}, 120_000)
afterAll(() => chain.close())

const textOf = (result: unknown): string => (result as { content: { text: string }[] }).content.map(({ text }) => text).join('')

test('the window shows the same session, with its calls; clients and the tester go on', { timeout: 120_000 }, async () => {
  const session = await operator.handlers['sessions:open']({ connection: 'fixture', reason: 'over a restart', minutes: 5 })
  const { url, bearer } = await operator.handlers['sessions:client-setup'](session.id)
  const client = new Client({ name: 'window-test', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${bearer}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  const pid = textOf(await client.callTool({ name: 'pid', arguments: {} }))
  const before = await operator.handlers['sessions:get'](session.id)

  await chain.restartGateway()

  expect(textOf(await client.callTool({ name: 'pid', arguments: {} }))).toBe(pid)
  expect(await operator.handlers['sessions:client-setup'](session.id)).toMatchObject({ url, bearer })
  expect((await operator.handlers['sessions:get'](session.id)).session).toMatchObject({ state: 'live', client: 'window-test 1' })
  await operator.handlers['tester:call']({ session: session.id, tool: 'echo', arguments: { text: 'from the tester' } })
  const after = await operator.handlers['sessions:get'](session.id)
  // what was there is there, one by one, and what came since follows
  const known = before.calls.map(({ seq, method, state }) => [seq, method, state === 'running' ? 'done' : state])
  expect(after.calls.slice(0, known.length).map(({ seq, method, state }) => [seq, method, state])).toEqual(known)
  expect(after.calls.filter(({ tool }) => tool === 'pid')).toHaveLength(2)
  await client.close()

  await operator.handlers['sessions:end'](session.id)
  await auditor.handlers['library:download']([session.id])
  const { rows } = await auditor.handlers['library:get'](session.id)
  expect(rows.find(({ kind }) => kind === 'resume')?.summary).toMatch(/^Gateway restarted\. /)
  expect(await auditor.handlers['library:verify']({ session: session.id })).toMatchObject({ verified: true })
})
