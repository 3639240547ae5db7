import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openLiveAccess } from '../../src-main/services/live-access.ts'
import { systemClock } from '../../src-node/clock.ts'
import type { Push } from '../../src-protocol/push.ts'
import { openBrowserAs } from './sign-in-by-fetch.ts'
import type { Desktop } from '../../src-main/services/desktop.ts'
import type { Call, Session } from '../../src-protocol/model.ts'
import { processGone } from '../fixtures/process-gone.ts'
import { startWholeChain, type WholeChain } from '../fixtures/whole-chain.ts'

let chain: WholeChain
let operator: Desktop
let clients: Client[]

beforeAll(async () => {
  chain = await startWholeChain()
  operator = await chain.signedIn('operator')
  clients = []
})
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
})
afterAll(() => chain.close())

async function openSession(connection: string, desktop = operator): Promise<{ session: Session; url: string; bearer: string }> {
  const session = await desktop.handlers['sessions:open']({ connection, reason: 'Looking into ticket 4711', minutes: 10 })
  const { url, bearer } = await desktop.handlers['sessions:client-setup'](session.id)
  return { session, url, bearer }
}

async function connect(endpoint: { url: string; bearer: string }, capabilities = {}): Promise<Client> {
  const client = new Client({ name: 'test-client', version: '1' }, { capabilities })
  clients.push(client)
  const requestInit = { headers: { authorization: `Bearer ${endpoint.bearer}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(endpoint.url), { requestInit }))
  return client
}

const call = (client: Client, name: string, args: Record<string, unknown> = {}) => client.callTool({ name, arguments: args })
const textOf = (result: Awaited<ReturnType<typeof call>>): string => {
  const [first] = result.content
  return first?.type === 'text' ? first.text : ''
}
/** what a promise fails with, caught from the start: it may fail before the test looks */
const failureOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it did not fail',
    (error: unknown) => String(error),
  )
const end = (session: Session) => operator.handlers['sessions:end'](session.id)

describe('an AI client through desktop, gateway and agent', () => {
  test('initializes, lists and calls', async () => {
    const endpoint = await openSession('everything')
    const client = await connect(endpoint)
    expect(client.getServerVersion()?.name).toContain('everything')
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('echo')
    expect(textOf(await call(client, 'echo', { message: 'through the tunnel' }))).toContain('through the tunnel')
    const { session, calls } = await operator.handlers['sessions:get'](endpoint.session.id)
    expect(session.client).toContain('test-client')
    expect(calls.map(({ method }) => method)).toEqual(expect.arrayContaining(['initialize', 'tools/list', 'tools/call']))
    await end(endpoint.session)
  })

  test('of the newest revision finds out what the server speaks, and works', async () => {
    const endpoint = await openSession('everything')
    const client = new Client({ name: 'test-client', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    clients.push(client)
    const requestInit = { headers: { authorization: `Bearer ${endpoint.bearer}` } }
    await client.connect(new StreamableHTTPClientTransport(new URL(endpoint.url), { requestInit }))
    expect(textOf(await call(client, 'echo', { message: 'after discovery' }))).toContain('after discovery')
    await end(endpoint.session)
  })

  test('gets progress on the call that asked for it', async () => {
    const endpoint = await openSession('everything')
    const client = await connect(endpoint)
    const progress: number[] = []
    const params = { name: 'trigger-long-running-operation', arguments: { duration: 0.3, steps: 3 } }
    await client.callTool(params, { onprogress: (update) => progress.push(update.progress) })
    expect(progress).toEqual([1, 2, 3])
    await end(endpoint.session)
  })

  test('answers what the server asks: sampling and elicitation', async () => {
    const endpoint = await openSession('everything')
    const client = await connect(endpoint, { sampling: {}, elicitation: {} })
    client.setRequestHandler('sampling/createMessage', () => ({
      role: 'assistant' as const,
      content: { type: 'text' as const, text: 'sampled words' },
      model: 'test-model',
    }))
    client.setRequestHandler('elicitation/create', () => ({ action: 'decline' as const }))
    // its server has more tools for a client that can be asked
    await client.listTools()
    expect(textOf(await call(client, 'trigger-sampling-request', { prompt: 'hello', maxTokens: 10 }))).toContain('sampled words')
    expect(JSON.stringify(await call(client, 'trigger-elicitation-request'))).toMatch(/decline/i)
    await end(endpoint.session)
  })

  test('gets a large result whole', async () => {
    const endpoint = await openSession('fixture')
    const client = await connect(endpoint)
    expect(textOf(await call(client, 'big', { bytes: 5_000_000 }))).toHaveLength(5_000_000)
    await end(endpoint.session)
  })

  test('gets sensitive values masked, also inside text', async () => {
    const endpoint = await openSession('files')
    const client = await connect(endpoint)
    const text = textOf(await call(client, 'read_text_file', { path: 'notes.txt' }))
    expect(text).toContain('a note about card')
    expect(text).not.toContain('4111')
    await end(endpoint.session)
  })

  test('cancels a call, and the session goes on', async () => {
    const endpoint = await openSession('fixture')
    const client = await connect(endpoint)
    const controller = new AbortController()
    const silent = client.callTool({ name: 'silent', arguments: {} }, { signal: controller.signal })
    const failure = failureOf(silent)
    const running = async () => {
      const { calls } = await operator.handlers['sessions:get'](endpoint.session.id)
      return calls.some(({ tool, state }) => tool === 'silent' && state === 'running')
    }
    await expect.poll(running).toBe(true)
    controller.abort()
    expect(await failure).toMatch(/Error/)
    expect(textOf(await call(client, 'echo', { still: 'here' }))).toContain('here')
    await end(endpoint.session)
  })

  test('shares its session with the tester without disturbing it', async () => {
    const endpoint = await openSession('fixture')
    const client = await connect(endpoint)
    const pid = textOf(await call(client, 'pid'))
    const tools = await operator.handlers['tester:list-tools'](endpoint.session.id)
    expect(tools.map(({ name }) => name)).toContain('pid')
    const tested = await operator.handlers['tester:call']({ session: endpoint.session.id, tool: 'pid', arguments: {} })
    expect(JSON.stringify(tested.result)).not.toContain(`"${pid}"`)
    expect(tested.tookMs).toBeGreaterThan(0)
    expect(textOf(await call(client, 'pid'))).toBe(pid)
    await end(endpoint.session)
  })
})

describe('the end of a session', () => {
  test('ends the server, cuts open calls and refuses later ones', async () => {
    const endpoint = await openSession('fixture')
    const client = await connect(endpoint)
    const pid = Number(textOf(await call(client, 'pid')))
    const silent = failureOf(call(client, 'silent'))
    expect(processGone(pid)).toBe(false)
    await end(endpoint.session)
    expect(await silent).toMatch(/ended/)
    await expect.poll(() => processGone(pid)).toBe(true)
    await expect(call(client, 'echo')).rejects.toThrow(/SESSION_ENDED/)
    await expect(operator.handlers['sessions:client-setup'](endpoint.session.id)).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' })
  })

  test('by an administrator reaches the operator’s desktop at that moment', async () => {
    const endpoint = await openSession('fixture')
    const client = await connect(endpoint)
    const silent = failureOf(call(client, 'silent'))
    const administrator = await chain.signedIn('admin2')
    const changes: Session[] = []
    operator.subscribe('session:changed', (session) => changes.push(session))
    await administrator.handlers['sessions:end-other']({ session: endpoint.session.id, reason: 'maintenance' })
    expect(await silent).toMatch(/ended/)
    await expect.poll(() => changes.at(-1)).toMatchObject({ id: endpoint.session.id, state: 'ended', endReason: 'ended-by-administrator' })
    await expect(connect(endpoint)).rejects.toThrow(/SESSION_ENDED|410/)
    await administrator.close()
  })

  test('comes with the sign-out of its operator', async () => {
    const second = await chain.signedIn('operator')
    const endpoint = await openSession('fixture', second)
    const client = await connect(endpoint)
    const pid = Number(textOf(await call(client, 'pid')))
    await second.handlers['identity:sign-out'](undefined)
    await expect.poll(() => processGone(pid)).toBe(true)
    await expect(call(client, 'echo')).rejects.toThrow(/SESSION_ENDED/)
    expect(await second.handlers['state:get'](undefined)).toMatchObject({ signIn: { state: 'signed-out' }, tunnel: { state: 'closed' } })
    await expect(second.handlers['sessions:list'](undefined)).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
    await second.close()
  })
})

describe('failures', () => {
  test('a server that crashes: the call says so and the session ends', async () => {
    const endpoint = await openSession('fixture')
    const client = await connect(endpoint)
    await expect(call(client, 'crash')).rejects.toThrow(/stopped/)
    const state = async () => (await operator.handlers['sessions:get'](endpoint.session.id)).session
    await expect.poll(state).toMatchObject({ state: 'ended', endReason: 'server-stopped' })
    expect(chain.log.join('')).not.toContain('hunter2')
  })

  test('a server that prints garbage: the answer comes all the same', async () => {
    const endpoint = await openSession('fixture')
    const client = await connect(endpoint)
    expect(textOf(await call(client, 'garbage'))).toBe('after the garbage')
    await end(endpoint.session)
  })

  test('an agent that is lost in the middle of a call: AGENT_LOST, and the next session works', async () => {
    const endpoint = await openSession('fixture')
    const client = await connect(endpoint)
    const pid = Number(textOf(await call(client, 'pid')))
    const lost = failureOf(call(client, 'silent'))
    const running = async () => {
      const { calls } = await operator.handlers['sessions:get'](endpoint.session.id)
      return calls.some(({ tool, state }) => tool === 'silent' && state === 'running')
    }
    await expect.poll(running).toBe(true)
    await chain.restartAgent()
    expect(await lost).toMatch(/agent.*disconnected/)
    expect(processGone(pid)).toBe(true)
    const next = await openSession('fixture')
    expect(textOf(await call(await connect(next), 'echo', { again: 1 }))).toContain('again')
    await end(next.session)
  })
})

describe('approval', () => {
  test('a held call runs once a reviewer has approved it, from desktop to desktop', async () => {
    const reviewer = await chain.signedIn('reviewer')
    const asked = new Promise<{ id: string; digest: string }>((resolve) => reviewer.subscribe('approval:changed', resolve))
    const calls: Call[] = []
    operator.subscribe('call:changed', (changed) => calls.push(changed))
    const endpoint = await openSession('reviewed')
    const client = await connect(endpoint)
    const held = call(client, 'echo', { please: 'run' })
    const { id, digest } = await asked
    await expect.poll(() => calls.some(({ state }) => state === 'held')).toBe(true)
    const own = operator.handlers['approvals:vote']({ approval: id, decision: 'approve', reason: 'I say so', digest })
    await expect(own).rejects.toMatchObject({
      code: expect.stringMatching(/APPROVAL_OWN_REQUEST|APPROVAL_NOT_REVIEWER|FORBIDDEN/) as string,
    })
    const voted = await reviewer.handlers['approvals:vote']({ approval: id, decision: 'approve', reason: 'Seen and fine', digest })
    expect(voted.state).toMatch(/approved|executed/)
    expect(textOf(await held)).toContain('run')
    await end(endpoint.session)
    await reviewer.close()
  })
})

test('the tunnel lives on when the sign-in is renewed', async () => {
  const pushes: Push[] = []
  const access = openLiveAccess({
    gatewayUrl: chain.gatewayUrl,
    openBrowser: openBrowserAs({ username: 'operator' }),
    clock: systemClock,
    log: pino({ level: 'silent' }),
    onPush: (push) => pushes.push(push),
  })
  await access.identity.signIn()
  await access.tunnel.ready()
  await access.identity.recheck()
  await expect
    .poll(() => pushes.find(({ type }) => type === 'renewed'))
    .toMatchObject({ expiresAt: expect.stringMatching(/^20/) as string })
  expect(access.tunnel.state).toBe('open')
  await access.identity.signOut()
  expect(access.tunnel.state).toBe('closed')
  await access.close()
})

describe('evidence', () => {
  test('an auditor downloads a finished session, verifies and exports it, and keeps it offline', async () => {
    const endpoint = await openSession('fixture')
    const client = await connect(endpoint)
    await call(client, 'echo', { remember: 'me' })
    await client.close()
    await end(endpoint.session)
    const auditor = await chain.signedIn('auditor')
    const { id } = endpoint.session
    const find = async () => (await auditor.handlers['library:list']({})).rows.find(({ session }) => session === id)
    // the library's threads start with the first question to them
    await expect.poll(find, { timeout: 20_000 }).toMatchObject({ here: false, onGateway: true })
    expect(await auditor.handlers['library:download']([id])).toMatchObject([{ here: true, proof: 'verified' }])
    expect(await auditor.handlers['library:verify']({ session: id })).toMatchObject({ verified: true })
    expect(await auditor.handlers['library:export']([id])).toHaveLength(3)
    await auditor.handlers['identity:sign-out'](undefined)
    const offline = await auditor.handlers['library:list']({ text: 'remember' })
    expect(offline).toMatchObject({ offline: true, rows: [{ session: id, here: true }] })
    const { rows } = await auditor.handlers['library:get'](id)
    expect(rows.some(({ tool }) => tool === 'echo')).toBe(true)
    await auditor.close()
  })

  test('a desktop pins the gateway’s log', async () => {
    const pinned = async () => (await operator.handlers['state:get'](undefined)).pinned
    await expect.poll(pinned).toMatchObject({ origin: 'gatehouse.test/log' })
    expect((await operator.handlers['state:get'](undefined)).alarm).toBeUndefined()
  })
})
