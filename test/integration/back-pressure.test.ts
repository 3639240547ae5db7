/** One answer that is large, or that nobody reads, beside other calls: at the real gateway, with an agent that says what the test wants. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectScriptedAgent, echo, enrolScriptedAgent, type ReceivedExchange, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import {
  exchange,
  openEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

const MB = 1_000_000
const bytesPerSecond = 8 * MB

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let operator: SignedInPerson
let agent: ScriptedAgent
let network: { url: string; close(): Promise<void> }

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer)
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  network = await startSlowNetwork(gateway.port)
  const { joinToken } = await admin.api.call('createJoinToken', { name: 'test-agent' })
  const identity = await enrolScriptedAgent(gateway.url, joinToken)
  agent = await connectScriptedAgent(gateway.url, identity, undefined, [], { through: network.url })
  agent.script = script
  await until(async () => (await admin.api.call('agents')).agents[0]?.online === true, 'the agent is online')
  const connection = { name: 'echo', title: 'Echo', agent: identity.id, server: 'echo', groups: ['operators'], maxMinutes: 60 }
  await admin.api.call('createConnection', connection)
})
afterAll(async () => {
  for (const person of [admin, operator]) person.leave()
  await gateway.close()
  await network.close()
  await provider.stop()
})

/** Bytes towards the gateway pass at a certain rate, as over the internet; the others at once. */
async function startSlowNetwork(target: number): Promise<typeof network> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
    }
    upstream.pipe(client)
    client.on('data', (chunk: Buffer) => {
      upstream.write(chunk)
      client.pause()
      setTimeout(() => client.resume(), (chunk.length / bytesPerSecond) * 1000)
    })
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const notification = (at: number) =>
  JSON.stringify({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 'p', progress: at, message: 'x'.repeat(100_000) },
  })

/** What is asked for in the text of the call: `large`, `many`, or an echo. */
function script(received: ReceivedExchange) {
  const text = received.message.params?.arguments?.['text']
  if (text === 'large') return received.result({ content: [{ type: 'text', text: 'x'.repeat(16 * MB) }] })
  if (text !== 'many') return echo(received)
  received.answerHead(200, { 'content-type': 'text/event-stream' })
  for (let at = 1; at <= 200; at += 1) received.send(notification(at))
  received.send(JSON.stringify({ jsonrpc: '2.0', id: received.message.id, result: { content: [] } }))
  return received.end()
}

test('small calls of another session go on while a large answer is on its way', async () => {
  const [one, other] = [await openEcho(operator), await openEcho(operator)]
  const large = exchange(operator, one.id, toolCall('echo', { text: 'large' })).done
  const onItsWay = () => agent.socket.bufferedAmount > 2 * MB
  await until(onItsWay, 'the agent has answered the large call')
  let small = 0
  while (onItsWay()) {
    const answer = await exchange(operator, other.id, toolCall('echo', { text: `small ${small}` })).done
    expect(rpcOf(answer).result?.content[0]?.text).toContain(`small ${small}`)
    if (onItsWay()) small += 1
  }
  expect(rpcOf(await large).result?.content[0]?.text).toHaveLength(16 * MB)
  // each of them waits for what is under way, about a sixteenth of the whole
  expect(small).toBeGreaterThanOrEqual(4)
  for (const { id } of [one, other]) await operator.api.call('endSession', { id })
})

test('a client that does not read holds back its server and nobody else; the gateway keeps little of it, and loses nothing', async () => {
  const session = await openEcho(operator)
  const reads = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const progress: number[] = []
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const call = toolCall('echo', { text: 'many' }, { _meta: { progressToken: 'p' } })
  operator.tunnel.open({ session: session.id, method: 'POST', headers }, Buffer.from(call), {
    head() {},
    message(_head, body) {
      const { params } = JSON.parse(Buffer.from(body).toString()) as { params?: { progress: number } }
      if (params) progress.push(params.progress)
      return reads.promise
    },
    keepAlive() {},
    end: over.resolve,
    abort: over.reject,
  })
  const waitsAtTheAgent = () => agent.socket.bufferedAmount
  await until(() => progress.length > 0, 'the answer has begun')
  let before = 0
  await until(async () => {
    const now = waitsAtTheAgent()
    const still = now === before
    before = now
    await new Promise((resolve) => setTimeout(resolve, 500))
    return still
  }, 'nothing moves any more')
  // of 20 MB: what has left the agent lies in the gateway and in the desktop, a window each, and what is just passed on
  expect(waitsAtTheAgent()).toBeGreaterThan(15 * MB)
  const another = await openEcho(operator)
  const answer = await exchange(operator, another.id, toolCall('echo', { text: 'not held up' })).done
  expect(rpcOf(answer).result?.content[0]?.text).toContain('not held up')
  reads.resolve()
  await over.promise
  expect(progress).toEqual(Array.from({ length: 200 }, (_, at) => at + 1))
  for (const { id } of [session, another]) await operator.api.call('endSession', { id })
})
