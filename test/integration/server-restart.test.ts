/** A server that crashes and is started again, through the whole chain, with a client of the SDK. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import { readRecords } from '../fixtures/read-records.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'
import { join } from 'node:path'

let chain: WholeChain
let operator: Desktop
const policy = `
version: 1
rules:
  - id: allow-all
    match: { connections: ['*'], methods: ['*'] }
    effect: allow
    because: These connections are for trying everything.
`

beforeAll(async () => {
  chain = await startWholeChain()
  operator = await chain.signedIn('operator')
  const administrator = await chain.signedIn('admin2')
  await administrator.handlers['policies:activate']({ kind: 'policy', text: policy })
  const [agent] = await administrator.handlers['agents:list'](undefined)
  if (!agent) throw new Error('there is no agent')
  const connection = { name: 'restarts', title: 'Restarts', agent: agent.id, server: 'restarts', groups: [], maxMinutes: 60 }
  await administrator.handlers['connections:create'](connection)
}, 120_000)
afterAll(() => chain.close())

test('the client learns that its call may have run, connects again, and goes on in the same session', async () => {
  const session = await operator.handlers['sessions:open']({ connection: 'restarts', reason: 'A test', minutes: 5 })
  const { url, bearer } = await operator.handlers['sessions:client-setup'](session.id)
  const connect = async () => {
    const client = new Client({ name: 'restarting', version: '1' })
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { Authorization: `Bearer ${bearer}` } } }),
    )
    await client.listTools()
    return client
  }
  const first = await connect()
  await expect(first.callTool({ name: 'crash', arguments: {} })).rejects.toThrow(/stopped: exit code 3.*started anew/)
  await expect(first.callTool({ name: 'pid', arguments: {} })).rejects.toThrow(/MCP session|404/)
  await first.close()

  const second = await connect()
  const echoed = await second.callTool({ name: 'echo', arguments: { again: 1 } })
  expect(echoed.content).toEqual([{ type: 'text', text: '{"again":1}' }])
  await second.close()
  expect((await operator.handlers['sessions:get'](session.id)).session.state).toBe('live')
  await operator.handlers['sessions:end'](session.id)
  const bodies = readRecords(join(chain.folder, 'recordings'), session.id).map((record) => JSON.stringify(record))
  expect(bodies.some((record) => record.includes('SERVER_CRASHED'))).toBe(true)
})
