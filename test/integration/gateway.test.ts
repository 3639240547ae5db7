import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ScriptedAgent } from '../fakes/scripted-agent.ts'
import {
  exchange,
  openEcho,
  registerEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let operator: SignedInPerson
let agent: ScriptedAgent

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer)
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  ;({ agent } = await registerEcho(gateway.url, admin))
})
afterAll(async () => {
  for (const person of [admin, operator]) person.leave()
  await gateway.close()
  await provider.stop()
})

describe('an allowed call', () => {
  test('reaches the server byte for byte and comes back byte for byte', async () => {
    const session = await openEcho(operator)
    const body = ' {"jsonrpc":"2.0", "id":7,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hi \\u00e9"}}}'
    const answer = await exchange(operator, session.id, body).done
    expect(agent.received.at(-1)?.text).toBe(body)
    expect(answer.status).toBe(200)
    expect(rpcOf(answer)).toEqual({ jsonrpc: '2.0', id: 7, result: { content: [{ type: 'text', text: '{"text":"hi é"}' }] } })
    await operator.api.call('endSession', { id: session.id })
  })
})
