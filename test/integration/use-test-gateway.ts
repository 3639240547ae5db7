import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { demoAccounts } from '../../demo/identity-provider/accounts.ts'
import { echo, type AgentIdentity, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import {
  registerEcho,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'

/** The people are signed in, and the connection `echo` leads to the agent. */
export type TestWorld<Name extends string> = Record<Name | 'admin', SignedInPerson> & {
  gateway: TestGateway
  agent: ScriptedAgent
  agentIdentity: AgentIdentity
}

/** A gateway for the tests of a file, or a new one for each of them; the agent starts each test with the script that echoes. */
export function useTestGateway<Name extends string>(options: {
  people: readonly Name[]
  limits?: Record<string, number>
  /** beside the demo's own */
  accounts?: readonly object[]
  each?: 'file' | 'test'
}): TestWorld<Name> {
  const world = {} as TestWorld<Name>
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-accounts-'))
  let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>> | undefined
  let people: SignedInPerson[] = []

  async function start(issuer: string): Promise<void> {
    const gateway = await startTestGateway(issuer, options.limits)
    const names = [...new Set<Name | 'admin'>(['admin', ...options.people])]
    people = await Promise.all(names.map((name) => signInAs(gateway.url, name)))
    Object.assign(world, { gateway }, Object.fromEntries(names.map((name, index) => [name, people[index]])))
    const { agent, identity } = await registerEcho(gateway.url, world.admin)
    Object.assign(world, { agent, agentIdentity: identity })
  }
  async function stop(): Promise<void> {
    for (const person of people) person.leave()
    await world.gateway.close()
  }

  beforeAll(async () => {
    const config = join(folder, 'provider.yaml')
    const accounts = [...demoAccounts, ...(options.accounts ?? [])]
    const gatewayRedirect = 'http://127.0.0.1/sign-in/callback'
    writeFileSync(config, JSON.stringify({ port: 0, gatewayRedirect, clientSecret: 'env:DEMO_CLIENT_SECRET', accounts }))
    provider = await startIdentityProviderProcess({ config })
    if (options.each !== 'test') await start(provider.issuer)
  })
  if (options.each === 'test') {
    beforeEach(() => start(provider?.issuer ?? ''))
    afterEach(stop)
  }
  beforeEach(() => {
    world.agent.script = echo
  })
  afterAll(async () => {
    if (options.each !== 'test') await stop()
    await provider?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return world
}
