import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Session } from '../../src-protocol/model.ts'
import { connectScriptedAgent, type AgentIdentity, type ScriptedAgent } from '../fakes/scripted-agent.ts'
import { readLogEntries } from '../fixtures/read-log-entries.ts'
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
  folders = await prepareGateway(provider.issuer, { graceSeconds: 60 })
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
async function startAgain(running: Session[] = []): Promise<void> {
  gateway = await startGatewayProcess(folders.config, { largestFileKiB })
  const servers = [{ name: 'echo', title: 'Echo', transport: 'stdio' as const }]
  const ids = running.map(({ id }) => id)
  agent = await connectScriptedAgent(folders.url, agentIdentity, servers, ids)
  for (const { tunnel } of [operator, auditor]) {
    // at once, instead of when its next attempt would be due
    tunnel.stop(new AppError('TUNNEL_LOST'))
    tunnel.start()
  }
  await until(() => operator.tunnel.state === 'open' && auditor.tunnel.state === 'open', 'the desktops have reconnected')
  await until(async () => (await operator.api.call('connections')).connections[0]?.agent.online === true, 'the agent is online')
}

interface RecordLine {
  kind: string
  exchange?: number
  direction?: string
  body?: string
  code?: string
  records?: number
  unanswered?: number
  cause?: string
}

async function sealed(session: Session) {
  const { summary, text, proof } = await auditor.api.call('recording', { id: session.id })
  const { key } = await auditor.api.call('logCheckpoint')
  const records = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as RecordLine]))
  return { summary, text, records, verification: verifyRecording({ recording: Buffer.from(text), proof, key }) }
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

const wordOf = (text: string | undefined): string => /word-[\d-]+\./.exec(text ?? '')?.[0] ?? ''

test(
  `killed under load ${rounds} times, the session goes on where its recording ends, and nothing is missing or runs twice`,
  { timeout: 60_000 + rounds * 15_000 },
  async () => {
    await start()
    let session = await openEcho(operator)
    let delivered = new Set<string>()
    let reached: string[] = []
    let kills = 0
    for (let round = 0; round < rounds; round += 1) {
      const load = loadWith(session, round)
      await until(() => load.delivered.size > 20, 'calls are delivered')
      // another moment each time
      await new Promise((resolve) => setTimeout(resolve, (round * 37) % 160))
      await gateway.kill('SIGKILL')
      operator.tunnel.stop(new AppError('TUNNEL_LOST'))
      await load.stop()
      kills += 1
      reached.push(...agent.received.map(({ text }) => wordOf(text)).filter((word) => word !== ''))
      delivered = delivered.union(load.delivered)
      await startAgain([session])
      expect((await operator.api.call('session', { id: session.id })).session.state).toBe('live')
      if (round % 5 !== 4 && round !== rounds - 1) continue

      await operator.api.call('endSession', { id: session.id })
      const { summary, records, verification } = await sealed(session)
      expect(verification).toMatchObject({ verified: true })
      expect(summary.endReason).toBe('ended-by-operator')
      const recorded = (kind: string) => new Set(records.flatMap((record) => (record.kind === kind ? [wordOf(record.body)] : [])))
      const responses = recorded('response')
      const requests = recorded('request')
      expect([...delivered].filter((word) => !responses.has(word))).toEqual([])
      expect(reached.filter((word) => !requests.has(word))).toEqual([])
      expect(reached.length).toBe(new Set(reached).size)
      expectAllAnswered(records)
      expect(records.filter(({ kind }) => kind === 'resume')).toHaveLength(kills)
      session = await openEcho(operator)
      delivered = new Set()
      reached = []
      kills = 0
    }
  },
)

/** Every request has a response, or exactly one error that says that none is known; every restart says how many of those follow it. */
function expectAllAnswered(records: RecordLine[]): void {
  const answered = new Set(records.flatMap(({ kind, exchange: number }) => (kind === 'response' ? [number] : [])))
  const unknown = records.flatMap(({ kind, code, exchange: number }) => (kind === 'error' && code === 'OUTCOME_UNKNOWN' ? [number] : []))
  const requests = records.flatMap(({ kind, exchange: number }) => (kind === 'request' ? [number] : []))
  expect(new Set(unknown).size).toBe(unknown.length)
  expect(new Set(requests.filter((number) => !answered.has(number)))).toEqual(new Set(unknown))
  const announced = records.reduce((sum, { kind, unanswered = 0 }) => (kind === 'resume' ? sum + unanswered : sum), 0)
  expect(announced).toBe(unknown.length)
}

describe('what somebody takes from the recording of a running session while the gateway is away', () => {
  const openFile = (session: Session) => join(folders.recordings, 'open', `${session.id}.jsonl`)

  /** Calls, until the log knows of them all; then the gateway is killed. */
  async function killedWithCheckpoint(): Promise<Session> {
    folders = await prepareGateway(provider.issuer, { graceSeconds: 60, checkpointSeconds: 1 })
    await start()
    const session = await openEcho(operator)
    for (let turn = 0; turn < 5; turn += 1) await exchange(operator, session.id, toolCall('echo', { text: `turn-${turn}` })).done
    const known = await readFile(openFile(session), 'utf8')
    await until(async () => (await loggedCount(session)) >= known.trimEnd().split('\n').length, 'the log knows of all records')
    await gateway.kill('SIGKILL')
    return session
  }

  async function loggedCount({ id }: Session): Promise<number> {
    const entries = await readLogEntries(join(folders.root, 'log'))
    return Math.max(0, ...entries.map((entry) => (entry.kind === 'session.checkpoint' && entry.session === id ? entry.count : 0)))
  }

  async function expectAltered(session: Session, sentence: RegExp): Promise<void> {
    await startAgain([session])
    const { summary, verification } = await sealed(session)
    expect(summary.endReason).toBe('recording-altered')
    expect(verification).toMatchObject({ verified: false, reason: 'recording-altered' })
    expect(verification.steps[0]?.sentence).toMatch(sentence)
    expect((await operator.api.call('session', { id: session.id })).session).toMatchObject({
      state: 'ended',
      endReason: 'recording-altered',
    })
    expect(gateway.lines.join('')).toContain('a recording was altered')
    // the agent ends what nobody uses any more
    await until(() => agent.commands.some((command) => command.type === 'session.end' && command.session === session.id), 'it is ended')
  }

  test('whole records from its end: it is sealed as altered, and verification says so', { timeout: 120_000 }, async () => {
    const session = await killedWithCheckpoint()
    const lines = (await readFile(openFile(session), 'utf8')).trimEnd().split('\n')
    await writeFile(openFile(session), `${lines.slice(0, -3).join('\n')}\n`)
    await expectAltered(session, new RegExp(`found ${lines.length - 3} records of the ${lines.length} that it had logged`))
  })

  test('one record in its middle', { timeout: 120_000 }, async () => {
    const session = await killedWithCheckpoint()
    const lines = (await readFile(openFile(session), 'utf8')).trimEnd().split('\n')
    await writeFile(openFile(session), `${lines.toSpliced(3, 1).join('\n')}\n`)
    await expectAltered(session, /found \d+ records of the \d+ that it had logged/)
  })

  test('a word in a record, with everything else in its place', { timeout: 120_000 }, async () => {
    const session = await killedWithCheckpoint()
    const text = await readFile(openFile(session), 'utf8')
    await writeFile(openFile(session), text.replaceAll('turn-2', 'turn-9'))
    await expectAltered(session, /do not give the root that it had logged/)
  })

  test('all of it', { timeout: 120_000 }, async () => {
    const session = await killedWithCheckpoint()
    await rm(openFile(session))
    await expectAltered(session, /found 0 records of the \d+ that it had logged/)
  })

  test('nothing: it goes on', { timeout: 120_000 }, async () => {
    const session = await killedWithCheckpoint()
    await startAgain([session])
    const { result } = rpcOf(await exchange(operator, session.id, toolCall('echo', { text: 'after' })).done)
    expect(result?.content[0]?.text).toContain('after')
    await operator.api.call('endSession', { id: session.id })
    expect((await sealed(session)).verification).toMatchObject({ verified: true })
  })
})

test.for([
  ['SIGKILL', 'gateway-crash'],
  ['SIGTERM', 'gateway-stopped'],
] as const)('with a grace of 0 seconds a session ends with its gateway: %s', { timeout: 120_000 }, async ([signal, reason]) => {
  folders = await prepareGateway(provider.issuer, { graceSeconds: 0 })
  await start()
  const session = await openEcho(operator)
  await exchange(operator, session.id, toolCall('echo', { text: 'before' })).done
  await gateway.kill(signal)
  await startAgain([session])
  const { summary, records, verification } = await sealed(session)
  expect(summary.endReason).toBe(reason)
  expect(verification).toMatchObject({ verified: true })
  expect(records.some(({ kind }) => kind === 'resume')).toBe(false)
})

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
