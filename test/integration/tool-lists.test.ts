/** What a client is shown of the tools of a server that changes what it offers. */
import { describe, expect, test } from 'vitest'
import { exchange, policyText, until } from './gateway-harness.ts'
import { admin, echo, forbidden, leftOut, listed, open, operator, pins, risky, serve, useTurncoat } from './turncoat-harness.ts'

useTurncoat()

const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 'init',
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
})

describe('what a client is shown of the tools', () => {
  test('is the server’s own text, without what this person may never call', async () => {
    const text = `{"tools" : [${JSON.stringify(echo)} ,\n\t ${JSON.stringify(forbidden)}, {"inputSchema":{"type":"object"},"name":"risky","x":1.50}] ,"_meta":{"a":[]}}`
    serve({ 'tools/list': text.replace('\n', ' ') })
    const client = await open()
    expect((await client.list()).text).toBe(
      `{"jsonrpc":"2.0","id":"q1","result":${text.replace('\n', ' ').replace(`${JSON.stringify(forbidden)}, `, '')}}`,
    )
    expect(leftOut(client.session)).toEqual([{ name: 'forbidden', why: 'policy' }])
  })

  test('is the same bytes if nothing is left out', async () => {
    const text = `{ "tools":[ ${JSON.stringify(risky)} ]}`
    serve({ 'tools/list': text })
    const client = await open()
    expect((await client.list()).text).toBe(`{"jsonrpc":"2.0","id":"q1","result":${text}}`)
    expect(leftOut(client.session)).toEqual([])
  })

  test('comes page by page', async () => {
    serve({
      'tools/list': JSON.stringify({ tools: [forbidden, echo], nextCursor: 'two' }),
      'tools/list two': JSON.stringify({ tools: [risky, listed('forbidden-2')] }),
    })
    const client = await open()
    expect((await client.list()).text).toContain('"nextCursor":"two"')
    expect(await client.call('hasty')).not.toContain('never listed')
    expect((await client.list({ cursor: 'two' })).tools).toEqual(['risky'])
    expect(leftOut(client.session).map(({ name }) => name)).toEqual(['forbidden', 'forbidden-2'])
    expect((await pins()).map(({ tool }) => tool)).toEqual(['echo', 'forbidden', 'forbidden-2', 'risky'])
  })

  test('is a list without prompts and resources that no rule allows', async () => {
    serve({
      'prompts/list': JSON.stringify({ prompts: [{ name: 'greet' }] }),
      'resources/list': JSON.stringify({ resources: [{ uri: 'notes://1', name: 'n' }] }),
    })
    const client = await open()
    expect(await client.send('prompts/list')).toContain('"result":{"prompts":[]}')
    expect(await client.send('resources/list')).toContain('"result":{"resources":[]}')
    expect(leftOut(client.session).map(({ name }) => name)).toEqual(['greet', 'notes://1'])
  })

  test('is this person’s only in the stateless revision, also when nothing is left out', async () => {
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} }
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' }
    const client = await open()
    for (const scope of ['"cacheScope":"public",', '']) {
      serve({ 'tools/list': `{"resultType":"complete",${scope}"ttlMs":60000,"tools":[${JSON.stringify(echo)}]}` })
      const answer = await client.send('tools/list', { _meta: meta }, headers)
      expect(answer).toContain('"cacheScope":"private"')
      expect(answer).not.toContain('public')
    }
  })

  test('follows another policy at once, and a client that listens is told', async () => {
    const client = await open()
    const first = await exchange(operator, client.session, initialize).done
    const mcp = { 'mcp-session-id': first.headers['mcp-session-id'] ?? '' }
    const listening = exchange(operator, client.session, undefined, { method: 'GET', headers: { ...mcp, accept: 'text/event-stream' } })
    await until(() => listening.answer.status === 200, 'the stream is open')
    const list = async () =>
      (JSON.parse(await client.send('tools/list', {}, mcp)) as { result: { tools: { name: string }[] } }).result.tools
    expect((await list()).map(({ name }) => name)).toEqual(['echo', 'risky'])
    const without = policyText.replace('tools: [risky]', 'tools: [none]')
    await admin.api.call('activatePolicy', { kind: 'policy', text: without })
    try {
      await until(() => listening.answer.messages.some((message) => message.includes('tools/list_changed')), 'the client is told')
      expect((await list()).map(({ name }) => name)).toEqual(['echo'])
    } finally {
      await admin.api.call('activatePolicy', { kind: 'policy', text: policyText })
      listening.abandon()
    }
  })
})
