import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../fixtures/program.ts'
import {
  exchange,
  openEcho,
  prepareGateway,
  registerEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  toolCall,
  until,
} from './gateway-harness.ts'
import { startGatewayProcess, type GatewayProcess } from './gateway-process.ts'

/** beside node_modules: the bundle takes its dependencies from there */
const folder = join(root, 'out', `cli-test-${process.pid}`)

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: GatewayProcess | undefined

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  await build({ configFile: join(root, 'build', 'cli.vite.config.ts'), root, build: { outDir: folder }, logLevel: 'silent' })
}, 120_000)
afterAll(async () => {
  await gateway?.kill('SIGTERM')
  await provider.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('the gateway as it is published starts, and finds its workers for large messages and for recordings', async () => {
  const folders = await prepareGateway(provider.issuer)
  gateway = await startGatewayProcess(folders.config, { program: join(folder, 'gatehouse.js') })
  const admin = await signInAs(folders.url, 'admin')
  const operator = await signInAs(folders.url, 'operator')
  const { agent } = await registerEcho(folders.url, admin)
  const text = 'x'.repeat(300_000)
  agent.script = (received) => {
    received.answerHead(200, { 'content-type': 'application/json' })
    const content = [{ type: 'text', text: `${text} 4111 1111 1111 1111` }]
    received.send(JSON.stringify({ jsonrpc: '2.0', id: received.message.id, result: { content } }))
    received.end()
  }
  const session = await openEcho(operator)
  const answer = rpcOf(await exchange(operator, session.id, toolCall('echo', { text: 'x' })).done)
  expect(answer).toMatchObject({ result: { content: [{ text: `${text} [MASKED:card]` }] } })
  await operator.api.call('endSession', { id: session.id })
  const search = () => admin.api.call('searchRecordings', { verdict: 'masked' })
  await until(async () => (await search()).hits.length === 1, 'the recording was indexed by its own worker')
  for (const person of [operator, admin]) person.leave()
  rmSync(folders.root, { recursive: true, force: true })
})
