/** A recordings folder that cannot be written: no session starts, nothing reaches a server, and once it can be written again all goes on. */
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
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

/** who may do everything is stopped by no permission */
const isRoot = process.getuid?.() === 0

const away = () => `${gateway.recordings}-away`
const faults = {
  'is read-only': {
    when: !isRoot,
    async make() {
      await rename(gateway.recordings, away())
      await mkdir(gateway.recordings, { mode: 0o500 })
    },
    async undo() {
      await chmod(gateway.recordings, 0o700)
    },
  },
  'has a file in its place': {
    when: true,
    async make() {
      await rename(gateway.recordings, away())
      await writeFile(gateway.recordings, 'a file')
    },
    async undo() {},
  },
}

describe.for(Object.entries(faults))('when the recordings folder %s', ([, fault]) => {
  test.runIf(fault.when)('a session is refused, its server is not started; afterwards everything works again', async () => {
    const started = agent.commands.length
    const received = agent.received.length
    await fault.make()
    try {
      await expect(openEcho(operator)).rejects.toMatchObject({
        code: 'RECORDING_UNAVAILABLE',
        message: expect.stringMatching(/^The recording store cannot write \(.+\), so traffic is stopped\.$/) as string,
        remedy: expect.stringContaining('free space and permissions') as string,
      })
      expect(agent.commands.slice(started).filter(({ type }) => type === 'session.start')).toEqual([])
      expect(agent.received).toHaveLength(received)
      const [session] = (await operator.api.call('sessions')).sessions
      expect(session).toMatchObject({ state: 'ended', endReason: 'recording-unavailable' })
    } finally {
      await fault.undo()
      await rm(gateway.recordings, { recursive: true })
      await rename(away(), gateway.recordings)
    }
    const session = await openEcho(operator)
    const answer = await exchange(operator, session.id, toolCall('echo', { text: 'recorded again' })).done
    expect(rpcOf(answer).result?.content[0]?.text).toContain('recorded again')
    await operator.api.call('endSession', { id: session.id })
  })
})
