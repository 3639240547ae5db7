/** Clients of the stateless revision (2026-07-28) through the whole product, over the desktop's endpoint. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { Session } from '../../src-protocol/model.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} }
const patience = { timeout: 20_000 }

let chain: WholeChain
let operator: Desktop

beforeAll(async () => {
  chain = await startWholeChain()
  operator = await chain.signedIn('operator')
}, 120_000)
afterAll(() => chain.close())

interface Open {
  session: Session
  /** what the request leaves out is what `meta` says */
  post: (method: string, params?: object, more?: { headers?: Record<string, string>; signal?: AbortSignal }) => Promise<Response>
}

async function open(connection: string): Promise<Open> {
  const session = await operator.handlers['sessions:open']({ connection, reason: 'stateless', minutes: 5 })
  const { url, bearer } = await operator.handlers['sessions:client-setup'](session.id)
  let id = 0
  return {
    session,
    post(method, params = {}, more = {}) {
      const name: Record<string, string> = 'name' in params ? { 'mcp-name': String(params.name) } : {}
      return fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${bearer}`,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': method,
          ...name,
          ...more.headers,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params: { ...params, _meta: meta } }),
        ...(more.signal && { signal: more.signal }),
      })
    },
  }
}

const callsOf = async (session: Session) => (await operator.handlers['sessions:get'](session.id)).calls

describe('a server of the era', () => {
  test('is discovered and called', async () => {
    const { post } = await open('both-eras')
    const discovered = await post('server/discover')
    expect([discovered.status, await discovered.text()]).toEqual([200, expect.stringContaining('2026-07-28')])
    const called = await post(
      'tools/call',
      { name: 'test_mirrored_argument', arguments: { region: 'eu' } },
      { headers: { 'mcp-param-region': 'eu' } },
    )
    expect([called.status, await called.text()]).toEqual([200, expect.stringContaining('"resultType":"complete"')])
  })

  test.for<[string, string, object, Record<string, string>]>([
    ['Mcp-Name', 'tools/call', { name: 'test_simple_text', arguments: {} }, { 'mcp-name': 'test_sum' }],
    ['Mcp-Method', 'tools/call', { name: 'test_simple_text', arguments: {} }, { 'mcp-method': 'tools/list' }],
    ['MCP-Protocol-Version', 'tools/list', {}, { 'mcp-protocol-version': '2025-11-25' }],
    ['Mcp-Param-Region', 'tools/call', { name: 'test_mirrored_argument', arguments: { region: 'eu' } }, { 'mcp-param-region': 'us' }],
  ])('%s that says something else than the body: refused before any server sees it', async ([, method, params, headers]) => {
    const { session, post } = await open('both-eras')
    await (await post('tools/list')).text()
    const answer = await post(method, params, { headers })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ id: 2, error: { code: -32020, data: { code: 'HEADER_MISMATCH' } } })
    expect((await callsOf(session)).map((call) => call.method)).toEqual(['tools/list'])
  })

  test('refusals of the server keep status and code', async () => {
    const { post } = await open('both-eras')
    const unknown = await post('no/such/method')
    expect([unknown.status, await unknown.text()]).toEqual([404, expect.stringContaining('-32601')])
    const incapable = await post('tools/call', { name: 'test_missing_capability', arguments: {} })
    expect([incapable.status, await incapable.text()]).toEqual([400, expect.stringContaining('-32021')])
  })

  test('a subscription is a long stream; closing it ends it', async () => {
    const { session, post } = await open('both-eras')
    const stop = new AbortController()
    const listening = await post('subscriptions/listen', { notifications: { toolsListChanged: true } }, { signal: stop.signal })
    let heard = ''
    const read = (async () => {
      for await (const chunk of listening.body?.pipeThrough(new TextDecoderStream()) ?? []) heard += chunk
    })().catch(() => undefined)
    await expect.poll(() => heard, patience).toContain('notifications/subscriptions/acknowledged')
    await (await post('tools/call', { name: 'test_trigger_tool_change', arguments: {} })).text()
    await expect.poll(() => heard, patience).toContain('notifications/tools/list_changed')
    stop.abort()
    await read
    const stateOf = async () => (await callsOf(session)).find(({ method }) => method === 'subscriptions/listen')
    await expect.poll(stateOf, patience).toMatchObject({ state: 'done' })
  })

  test('what a server asks of its client in a result is delivered, and the answer goes back in a call that is decided about anew', async () => {
    const { session, post } = await open('both-eras')
    const capable = { ...meta, 'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, sampling: {}, roots: {} } }
    const { url, bearer } = await operator.handlers['sessions:client-setup'](session.id)
    const call = async (more: object) => {
      const name = 'test_input_required_result_elicitation'
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${bearer}`,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': name,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {}, ...more, _meta: capable } }),
      })
      return (await answer.json()) as { result: { resultType: string; inputRequests?: Record<string, unknown>; requestState?: string } }
    }
    expect(await (await post('tools/list')).text()).toContain('test_input_required_result_elicitation')
    const { result } = await call({})
    expect(result.resultType).toBe('input_required')
    const inputResponses = Object.fromEntries(
      Object.keys(result.inputRequests ?? {}).map((key) => [key, { action: 'accept', content: { name: 'Ada' } }]),
    )
    const settled = await call({ inputResponses, ...(result.requestState !== undefined && { requestState: result.requestState }) })
    expect(settled.result.resultType).toBe('complete')
    expect(JSON.stringify(settled)).toContain('Hello, Ada!')
    expect((await callsOf(session)).filter(({ method }) => method === 'tools/call')).toHaveLength(2)
  })
})

test('a held call whose stateless client leaves never runs', async () => {
  const reviewer = await chain.signedIn('reviewer')
  const { session, post } = await open('reviewed')
  const stop = new AbortController()
  const held = post('tools/call', { name: 'echo', arguments: { text: 'x' } }, { signal: stop.signal }).then((answer) => answer.text())
  held.catch(() => undefined)
  await expect.poll(async () => (await callsOf(session)).at(-1)?.state, patience).toBe('held')
  stop.abort()
  await expect.poll(async () => (await callsOf(session)).at(-1), patience).toMatchObject({ state: 'done', verdict: 'held' })
  const approval = (await reviewer.handlers['approvals:list'](undefined)).find((each) => each.session === session.id)
  if (!approval) throw new Error('the approval is gone; it stays for a repeated call')
  const vote = { approval: approval.id, decision: 'approve' as const, reason: 'fine', digest: approval.digest }
  await reviewer.handlers['approvals:vote'](vote)
  await expect.poll(async () => (await reviewer.handlers['approvals:get'](approval.id)).state, patience).toBe('approved')
  // a later call has come through, so the held one would have, too
  expect((await (await post('tools/call', { name: 'pid', arguments: {} })).text()).length).toBeGreaterThan(0)
  expect((await reviewer.handlers['approvals:get'](approval.id)).state).toBe('approved')
})
