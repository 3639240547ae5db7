import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Session } from '../../src-protocol/model.ts'
import { connectScriptedAgent, type AgentIdentity, type ScriptedAgent } from '../fakes/scripted-agent.ts'
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
  type Folders,
  type SignedInPerson,
} from './gateway-harness.ts'
import { startGatewayProcess, type GatewayProcess } from './gateway-process.ts'

const rounds = Number(process.env['GATEHOUSE_CRASH_ROUNDS'] ?? 10)
const callers = 8

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let folders: Folders
let gateway: GatewayProcess
let operator: SignedInPerson
let auditor: SignedInPerson
let agent: ScriptedAgent
let agentIdentity: AgentIdentity
let largestFileKiB: number | undefined

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
})
afterAll(() => provider.stop())
beforeEach(async () => {
  folders = await prepareGateway(provider.issuer)
})
afterEach(async () => {
  for (const person of [operator, auditor]) person.leave()
  await gateway.kill('SIGTERM')
  await rm(folders.root, { recursive: true, force: true })
})

async function start(): Promise<void> {
  gateway = await startGatewayProcess(folders.config, { largestFileKiB })
  const admin = await signInAs(folders.url, 'admin')
  operator = await signInAs(folders.url, 'operator')
  auditor = await signInAs(folders.url, 'auditor')
  ;({ agent, identity: agentIdentity } = await registerEcho(folders.url, admin))
  admin.leave()
}

/** The same people and the same agent, connected to a gateway that was started again. */
async function startAgain(): Promise<void> {
  gateway = await startGatewayProcess(folders.config, { largestFileKiB })
  agent = await connectScriptedAgent(folders.url, agentIdentity)
  for (const { tunnel } of [operator, auditor]) {
    // at once, instead of when its next attempt would be due
    tunnel.stop(new AppError('TUNNEL_LOST'))
    tunnel.start()
  }
  await until(() => operator.tunnel.state === 'open' && auditor.tunnel.state === 'open', 'the desktops have reconnected')
  await until(async () => (await operator.api.call('connections')).connections[0]?.agent.online === true, 'the agent is online')
}

interface Load {
  /** what the client got */
  delivered: Set<string>
  stop(): Promise<void>
}

/** Calls from several clients at once, each with a word of its own that the server says back. */
function loadWith(session: Session, round: number): Load {
  const delivered = new Set<string>()
  const stopping = new AbortController()
  const loops = Array.from({ length: callers }, async (_, caller) => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const word = `word-${round}-${caller}-${turn}.`
      const { messages, aborted } = await exchange(operator, session.id, toolCall('echo', { text: word, filler: 'x'.repeat(300) })).done
      if (messages[0]?.includes(word)) delivered.add(word)
      if (aborted) return
    }
  })
  return {
    delivered,
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

test(
  `killed under load ${rounds} times, it seals what it recorded, and nothing that was delivered is missing`,
  { timeout: 60_000 + rounds * 15_000 },
  async () => {
    await start()
    for (let round = 0; round < rounds; round += 1) {
      const session = await openEcho(operator)
      const load = loadWith(session, round)
      const { delivered } = load
      await until(() => delivered.size > 20, 'calls are delivered')
      // another moment each time
      await new Promise((resolve) => setTimeout(resolve, (round * 37) % 160))
      await gateway.kill('SIGKILL')
      await load.stop()
      const reached = agent.received.map(({ text }) => /word-[\d-]+\./.exec(text)?.[0] ?? '')
      await startAgain()

      const { summary, text, proof } = await auditor.api.call('recording', { id: session.id })
      expect(summary.endReason).toBe('gateway-crash')
      const { key } = await auditor.api.call('logCheckpoint')
      expect(verifyRecording({ recording: Buffer.from(text), proof, key })).toMatchObject({ verified: true })
      const bodies = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { kind: string; body?: string }]))
      const recorded = (kind: string) =>
        new Set(bodies.flatMap((record) => (record.kind === kind ? (/word-[\d-]+\./.exec(record.body ?? '') ?? []) : [])))
      const responses = recorded('response')
      const requests = recorded('request')
      expect([...delivered].filter((word) => !responses.has(word))).toEqual([])
      expect(reached.filter((word) => word.startsWith(`word-${round}-`) && !requests.has(word))).toEqual([])
    }
  },
)

describe('when the recording cannot be written', () => {
  test('traffic stops: nothing more reaches the server or the client, and both are told why', { timeout: 120_000 }, async () => {
    // the operating system refuses to let any file grow beyond this
    largestFileKiB = 2048
    await start()
    const session = await openEcho(operator)
    let refused: string | undefined
    let reachedServer = 0
    for (let turn = 0; turn < 40 && refused === undefined; turn += 1) {
      const answer = await exchange(operator, session.id, toolCall('echo', { text: 'y'.repeat(100_000) })).done
      const { error } = rpcOf(answer)
      if (error) refused = error.data['code'] as string
      else reachedServer += 1
    }
    expect(refused).toBe('RECORDING_UNAVAILABLE')
    expect(reachedServer).toBeGreaterThan(5)
    const before = agent.received.length
    const after = await exchange(operator, session.id, toolCall('echo', { text: 'more' })).done
    expect(after.aborted?.code).toBe('SESSION_ENDED')
    expect(agent.received).toHaveLength(before)
    expect((await operator.api.call('session', { id: session.id })).session.endReason).toBe('recording-unavailable')
    await expect(auditor.api.call('recording', { id: session.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })

    // with room again, the next start seals what there is, and says why it ended
    await gateway.kill('SIGTERM')
    largestFileKiB = undefined
    await startAgain()
    const { summary, text, proof } = await auditor.api.call('recording', { id: session.id })
    expect(summary.endReason).toBe('recording-unavailable')
    const { key } = await auditor.api.call('logCheckpoint')
    expect(verifyRecording({ recording: Buffer.from(text), proof, key })).toMatchObject({ verified: true })
    const last = await readFile(join(folders.recordings, session.id.slice(4, 6), `${session.id}.jsonl`), 'utf8')
    expect(last).toBe(text)
  })
})
