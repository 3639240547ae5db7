/** What a server asks of a stateless client inside its results, and what the client answers, through the whole product (MCP 2026-07-28). */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { MessageRecord } from '../../src-protocol/recording.ts'
import { readRecords } from '../fixtures/read-records.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, sampling: {}, roots: {} },
}

const rules = `
  - id: no-sampling
    match: { connections: [both-eras], methods: [sampling/createMessage] }
    effect: deny
    because: Nobody here pays for the server's thoughts.
  - id: no-colours
    match: { connections: [both-eras], methods: [elicitation/create] }
    when: args.message.contains("color")
    effect: deny
    because: Colours are private.
`

let chain: WholeChain
let operator: Desktop
let session: SessionId
let address: { url: string; bearer: string }

beforeAll(async () => {
  chain = await startWholeChain()
  operator = await chain.signedIn('operator')
  const administrator = await chain.signedIn('admin')
  const versions = await administrator.handlers['policies:list'](undefined)
  const inForce = versions.find(({ kind, active }) => kind === 'policy' && active)?.text ?? ''
  await administrator.handlers['policies:activate']({ kind: 'policy', text: inForce.trimEnd() + rules })
  ;({ id: session } = await operator.handlers['sessions:open']({ connection: 'both-eras', reason: 'inputs', minutes: 5 }))
  address = await operator.handlers['sessions:client-setup'](session)
}, 120_000)
afterAll(() => chain.close())

interface Answer {
  result?: {
    resultType?: string
    inputRequests?: Record<string, { method: string }>
    requestState?: string
    isError?: boolean
    content?: { text: string }[]
  }
  error?: { message: string; data: { code: string; rule: string | null } }
}

let id = 0
async function ask(method: string, params: { name: string } & Record<string, unknown>): Promise<Answer> {
  const answer = await fetch(address.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${address.bearer}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      'mcp-name': params.name,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params: { ...params, _meta: meta } }),
  })
  return (await answer.json()) as Answer
}
const call = (tool: string, more: object = {}) => ask('tools/call', { name: `test_input_required_result_${tool}`, arguments: {}, ...more })
const messages = () => readRecords(join(chain.folder, 'recordings'), session) as MessageRecord[]

describe('what a server asks in a result', () => {
  test('goes to the client if policy lets each of it pass, and the decision is recorded', async () => {
    const { result } = await call('elicitation')
    expect(result).toMatchObject({ resultType: 'input_required', inputRequests: { user_name: { method: 'elicitation/create' } } })
    const record = messages().findLast(({ kind }) => kind === 'response')
    expect(record).toMatchObject({ decision: { effect: 'allow', rule: 'protocol' } })
  })

  test('is denied by what it asks, with the reason', async () => {
    const { result } = await call('sampling')
    expect(result).toMatchObject({ isError: true, resultType: 'complete' })
    expect(result?.content?.[0]?.text).toContain('Nobody here pays for the server')
    const [asked, told] = messages()
      .filter(({ kind }) => kind === 'response')
      .slice(-2)
    expect(asked).toMatchObject({ decision: { effect: 'deny', rule: 'no-sampling' } })
    expect(asked?.body).toContain('inputRequests')
    expect(told?.body).not.toContain('inputRequests')
    const row = (await operator.handlers['sessions:get'](session)).calls.at(-1)
    expect(row).toMatchObject({ state: 'done', verdict: 'denied' })
  })

  test('is denied by a condition over what it says', async () => {
    const first = await call('multi_round')
    expect(first.result?.inputRequests).toHaveProperty('step1')
    const inputResponses = { step1: { action: 'accept', content: { name: 'Ada' } } }
    const second = await call('multi_round', { inputResponses, requestState: first.result?.requestState })
    expect(second.result?.content?.[0]?.text).toContain('Colours are private.')
  })

  test('is withheld as a whole if one of it is denied', async () => {
    const { result } = await call('multiple_inputs')
    expect(result).toMatchObject({ isError: true })
    expect(JSON.stringify(result)).not.toMatch(/inputRequests|requestState|roots\/list/)
  })

  test('of a prompt is decided about, too', async () => {
    const allowed = await ask('prompts/get', { name: 'test_input_required_result_prompt' })
    expect(allowed.result?.inputRequests).toHaveProperty('user_context')
  })
})

describe('what a client answers', () => {
  test('goes on if what it answers may be asked', async () => {
    const asked = await call('list_roots')
    expect(asked.result?.inputRequests).toHaveProperty('client_roots')
    const { result } = await call('list_roots', { inputResponses: { client_roots: { roots: [{ uri: 'file:///work', name: 'w' }] } } })
    expect(result?.content?.[0]?.text).toBe('file:///work')
  })

  test('is refused if it is what must not be asked, whatever key it stands under', async () => {
    const sampled = { role: 'assistant', model: 'm', content: { type: 'text', text: 'the secret plan' } }
    const { result } = await call('elicitation', { inputResponses: { user_name: sampled } })
    expect(result?.content?.[0]?.text).toContain('Denied by rule no-sampling')
    expect(messages().findLast(({ kind }) => kind === 'request')).toMatchObject({ decision: { effect: 'deny', rule: 'no-sampling' } })
  })

  test('in a form that nobody knows is refused, too, where any of it must not be asked', async () => {
    const { result } = await call('elicitation', { inputResponses: { user_name: { free: 'text' } } })
    expect(result).toMatchObject({ isError: true })
  })
})
