import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import {
  castVote,
  exchange,
  maskingText,
  openEcho,
  policyText,
  registerEcho,
  rpcOf,
  signInAs,
  startIdentityProviderProcess,
  startTestGateway,
  toolCall,
  until,
  type SignedInPerson,
  type TestGateway,
} from './gateway-harness.ts'
import { connectScriptedAgent, type AgentIdentity } from '../fakes/scripted-agent.ts'

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let operator: SignedInPerson
let reviewer: SignedInPerson
let auditor: SignedInPerson
let agentIdentity: AgentIdentity

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, { holdSeconds: 1, responseBytes: 100_000 })
  admin = await signInAs(gateway.url, 'admin')
  operator = await signInAs(gateway.url, 'operator')
  reviewer = await signInAs(gateway.url, 'reviewer')
  auditor = await signInAs(gateway.url, 'auditor')
  ;({ identity: agentIdentity } = await registerEcho(gateway.url, admin))
})
afterAll(async () => {
  for (const person of [admin, operator, reviewer, auditor]) person.leave()
  await gateway.close()
  await provider.stop()
})

describe('a finished session', () => {
  test('verifies offline, with its proof and the key alone', async () => {
    const session = await openEcho(operator)
    await exchange(operator, session.id, toolCall('echo', { text: 'card 4111111111111111' })).done
    await exchange(operator, session.id, toolCall('echo', { text: 'forbidden' })).done
    await operator.api.call('endSession', { id: session.id })
    const { summary, text, proof } = await auditor.api.call('recording', { id: session.id })
    expect(summary).toMatchObject({
      session: session.id,
      endReason: 'ended-by-operator',
      counts: { masked: 1, denied: 1, allowed: 0, held: 0 },
    })
    expect(summary.bytes).toBe(Buffer.byteLength(text))
    const { key } = await auditor.api.call('logCheckpoint')
    const whole = verifyRecording({ recording: Buffer.from(text), proof, key })
    expect(whole).toMatchObject({ verified: true })
    const altered = verifyRecording({ recording: Buffer.from(text.replace('forbidden', 'permitted')), proof, key })
    expect(altered).toMatchObject({ verified: false })
    expect(text).not.toContain('4111')
  })

  test('is listed for auditors, newest first, page by page', async () => {
    const first = await openEcho(operator)
    await operator.api.call('endSession', { id: first.id })
    const second = await openEcho(operator)
    await operator.api.call('endSession', { id: second.id })
    const page = await auditor.api.call('recordings', { limit: 1 })
    expect(page.recordings.map(({ session }) => session)).toEqual([second.id])
    const { recordings } = await auditor.api.call('recordings', { limit: 1, cursor: page.next ?? '' })
    expect(recordings.map(({ session }) => session)).toEqual([first.id])
  })

  test('that still runs is not handed out', async () => {
    const session = await openEcho(operator)
    await expect(auditor.api.call('recording', { id: session.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await operator.api.call('endSession', { id: session.id })
  })

  test('has the next number: the log shows a gap otherwise', async () => {
    const counters: number[] = []
    for (let round = 0; round < 2; round += 1) {
      const session = await openEcho(operator)
      await operator.api.call('endSession', { id: session.id })
      const [open] = await recordsOf(session.id)
      if (open?.kind === 'open') counters.push(open.counter)
    }
    expect(counters[1]).toBe((counters[0] ?? 0) + 1)
  })

  test('extends a log that an earlier checkpoint is a part of', async () => {
    const before = await auditor.api.call('logCheckpoint')
    const session = await openEcho(operator)
    await operator.api.call('endSession', { id: session.id })
    const { text, proof } = await auditor.api.call('recording', { id: session.id })
    const sizeOf = (note: string) => Number(note.split('\n')[1])
    const from = sizeOf(before.note)
    const to = sizeOf(proof.slice(proof.indexOf('gatehouse.example/log')))
    const { hashes } = await auditor.api.call('logConsistency', { from, to })
    const pinned = { size: from, root: before.note.split('\n')[2] ?? '' }
    const verified = verifyRecording({ recording: Buffer.from(text), proof, key: before.key, pinned, consistency: hashes })
    expect(verified).toMatchObject({ verified: true })
    expect(verified.steps.at(-1)).toMatchObject({ id: 'pinned', outcome: 'passed' })
  })
})

describe('the record of a held call', () => {
  test('tells the whole story in order', async () => {
    const session = await openEcho(operator)
    const call = exchange(operator, session.id, toolCall('risky', { marker: 'story' }))
    const approval = async () => (await reviewer.api.call('approvals')).approvals.find((one) => one.session === session.id)
    await until(async () => (await approval()) !== undefined, 'approval is asked for')
    const asked = await approval()
    const pending = await call.done
    expect(rpcOf(pending).result?.content[0]?.text).toContain(`Pending approval ${asked?.id}`)
    if (asked) await castVote(reviewer, asked, 'approve')
    const again = JSON.stringify({
      jsonrpc: '2.0',
      id: 99,
      method: 'tools/call',
      params: { name: 'risky', arguments: { marker: 'story' } },
    })
    expect(rpcOf(await exchange(operator, session.id, again).done).result?.content[0]?.text).toContain('story')
    await operator.api.call('endSession', { id: session.id })
    const story = (await recordsOf(session.id)).map((record) => (record.kind === 'approval' ? record.event : record.kind))
    expect(story.filter((step) => step !== 'notification')).toEqual([
      'open',
      'request',
      'requested',
      'pending',
      'response',
      'request',
      'attached',
      'approved',
      'executed',
      'response',
      'close',
    ])
  })
})

describe('an answer of the server', () => {
  test('that is larger than the limit is withheld', async () => {
    const session = await openEcho(operator)
    const answer = await exchange(operator, session.id, toolCall('echo', { text: 'x'.repeat(120_000) })).done
    expect(rpcOf(answer).error?.data).toMatchObject({ code: 'ANSWER_TOO_LARGE' })
    await operator.api.call('endSession', { id: session.id })
  })
})

describe('policy and masking', () => {
  const inForce = async (kind: 'policy' | 'masking') =>
    (await admin.api.call('policies')).versions.find((version) => version.kind === kind && version.active)

  test('a version that is put in force counts for the next message of a running session', async () => {
    const session = await openEcho(operator)
    expect(rpcOf(await exchange(operator, session.id, toolCall('echo', { text: 'a' })).done).result?.isError).toBeUndefined()
    const text = policyText.replace('args.text == "forbidden"', 'args.text != ""')
    const activated = await admin.api.call('activatePolicy', { kind: 'policy', text })
    expect(activated).toMatchObject({ outcome: 'in-force', active: true })
    expect(rpcOf(await exchange(operator, session.id, toolCall('echo', { text: 'a' })).done).result?.isError).toBe(true)
    await admin.api.call('activatePolicy', { kind: 'policy', text: policyText })
    expect((await inForce('policy'))?.text).toBe(policyText)
    await operator.api.call('endSession', { id: session.id })
    const versions = (await recordsOf(session.id)).flatMap((record) =>
      record.kind === 'request' && record.decision ? [record.decision.policyVersion] : [],
    )
    expect(new Set(versions).size).toBe(2)
  })

  test.for([
    ['policy', policyText.replace('args.text == "forbidden"', 'noSuchFunction(args.text)'), 'POLICY_INVALID'],
    ['policy', 'version: 1\nrules: [{ id: x }]', 'POLICY_INVALID'],
    ['masking', 'version: 1\nrules: [{ id: x, detect: [shoe-size], because: nonsense }]', 'MASKING_INVALID'],
  ] as const)('a %s with an error is refused, and the version in force stays', async ([kind, text, code]) => {
    const before = await inForce(kind)
    expect((await admin.api.call('checkPolicy', { kind, text })).problems.length).toBeGreaterThan(0)
    await expect(admin.api.call('activatePolicy', { kind, text })).rejects.toMatchObject({ code })
    expect(await inForce(kind)).toEqual(before)
  })

  test('a file with an error leaves the version in force; corrected, it counts', async () => {
    const before = await inForce('policy')
    await writeFile(gateway.policy, 'version: 1\nrules: 7\n')
    await until(() => gateway.logged().includes('the version in force stays'), 'the problem is logged')
    expect(await inForce('policy')).toEqual(before)
    const corrected = `${policyText}# corrected\n`
    await writeFile(gateway.policy, corrected)
    await until(async () => (await inForce('policy'))?.text === corrected, 'the corrected file is in force')
    expect((await inForce('policy'))?.author).toBe('file policy.yaml')
  })

  test('a masking file that changes counts at once', async () => {
    const session = await openEcho(operator)
    await writeFile(gateway.masking, `${maskingText}  - id: codes\n    fields: [code]\n    because: Codes are secret.\n`)
    await until(async () => (await inForce('masking'))?.text.includes('codes') === true, 'it is in force')
    const answer = await exchange(operator, session.id, toolCall('echo', { text: 'x', code: 'a secret' })).done
    expect(answer.messages[0]).toContain('[MASKED:code]')
    await operator.api.call('endSession', { id: session.id })
  })

  test('what an administrator put in force outlives a restart; the unchanged file does not take over', async () => {
    const text = `${policyText}# by the administrator\n`
    await admin.api.call('activatePolicy', { kind: 'policy', text })
    await gateway.restart()
    await until(() => admin.tunnel.state === 'open', 'the desktop has reconnected')
    expect((await inForce('policy'))?.text).toBe(text)
    await connectScriptedAgent(gateway.url, agentIdentity)
    await until(async () => (await admin.api.call('agents')).agents[0]?.online === true, 'the agent is back')
  })
})

describe('a gateway', () => {
  test('is refused a data folder that another one uses', async () => {
    const { startGateway } = await import('../../src-gateway/main.ts')
    const { readConfigFile } = await import('../../src-node/config-file.ts')
    const { gatewayConfig } = await import('../../src-protocol/config.ts')
    const second = startGateway({
      config: readConfigFile(gateway.config, gatewayConfig),
      folder: gateway.root,
      env: { CLIENT_SECRET: 'x' },
    })
    await expect(second).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('that stops leaves its sessions to its next start, where desktops and agents have their time to come back', async () => {
    await until(() => operator.tunnel.state === 'open', 'the desktop has reconnected')
    const session = await openEcho(operator)
    await exchange(operator, session.id, toolCall('echo', { text: 'last words' })).done
    await gateway.restart()
    await until(() => auditor.tunnel.state === 'open', 'the desktop has reconnected')
    const stillThere = async () => (await auditor.api.call('session', { id: session.id })).session
    await until(async () => (await stillThere()).state === 'ended', 'the grace is over')
    // the agent stays away; on a slow machine the desktop is late, too
    expect((await stillThere()).endReason).toMatch(/^(agent|desktop)-disconnected$/)
    await until(
      async () => (await auditor.api.call('recordings', {})).recordings.some((each) => each.session === session.id),
      'it is sealed',
    )
    const kinds = (await recordsOf(session.id)).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind !== 'error')).toEqual(['open', 'request', 'response', 'resume', 'close'])
    expect((await recordsOf(session.id))[3]).toMatchObject({ cause: 'gateway-stopped', records: 3, unanswered: 0 })
  })

  test('keeps no secret in its log', () => {
    const log = gateway.logged()
    expect(log).not.toContain('last words')
    expect(log).not.toMatch(/DPoP ey|join_/)
  })
})

test('when the log cannot be written traffic stops, and nothing new starts', async () => {
  await until(() => operator.tunnel.state === 'open', 'the desktop has reconnected')
  await connectScriptedAgent(gateway.url, agentIdentity)
  await until(async () => (await operator.api.call('connections')).connections[0]?.agent.online === true, 'the agent is online')
  const session = await openEcho(operator)
  const open = exchange(operator, session.id, undefined, { method: 'GET' })
  await rename(join(gateway.root, 'log'), join(gateway.root, 'log-away'))
  await writeFile(join(gateway.root, 'log'), 'a file where the folder was')
  try {
    const held = await exchange(operator, session.id, toolCall('risky', { marker: 'unloggable' })).done
    expect(rpcOf(held).error?.data).toMatchObject({ code: 'LOG_UNAVAILABLE' })
    await open.done
    const after = await exchange(operator, session.id, toolCall('echo', { text: 'x' })).done
    expect(after.aborted?.code).toBe('SESSION_ENDED')
    await expect(openEcho(operator)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    await expect(admin.api.call('activatePolicy', { kind: 'policy', text: `${policyText}# unlogged\n` })).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
    })
  } finally {
    await rm(join(gateway.root, 'log'))
    await rename(join(gateway.root, 'log-away'), join(gateway.root, 'log'))
  }
  await gateway.restart()
  await until(() => auditor.tunnel.state === 'open', 'the desktop has reconnected')
  const { summary } = await auditor.api.call('recording', { id: session.id })
  expect(summary.endReason).toBe('recording-unavailable')
})

async function recordsOf(session: string): Promise<SessionRecord[]> {
  const text = await readFile(join(gateway.recordings, session.slice(4, 6), `${session}.jsonl`), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SessionRecord)
}
