/** Four eyes: what one administrator proposes rules when another one activates it, from the operator's very next call on. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Session } from '../../src-protocol/model.ts'
import type { ActivationOutcome } from '../../src-protocol/policy-proposal.ts'
import { connectScriptedAgent, type AgentIdentity } from '../fakes/scripted-agent.ts'
import {
  exchange,
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

let provider: Awaited<ReturnType<typeof startIdentityProviderProcess>>
let gateway: TestGateway
let admin: SignedInPerson
let second: SignedInPerson
let operator: SignedInPerson
let agent: AgentIdentity
let session: Session

const message = 'Echoing is not for now.'
const noEcho = (word: string) => policyText.replace('args.text == "forbidden"', `args.text in ["forbidden", "${word}"]`)

beforeAll(async () => {
  provider = await startIdentityProviderProcess()
  gateway = await startTestGateway(provider.issuer, { graceSeconds: 6 }, { activation: { approvals: 2 } })
  admin = await signInAs(gateway.url, 'admin')
  second = await signInAs(gateway.url, 'admin2')
  operator = await signInAs(gateway.url, 'operator')
  ;({ identity: agent } = await registerEcho(gateway.url, admin))
  session = await openEcho(operator)
})
afterAll(async () => {
  for (const person of [admin, second, operator]) person.leave()
  await gateway.close()
  await provider.stop()
})

const echo = async (text: string): Promise<string> => {
  const { result, error } = rpcOf(await exchange(operator, session.id, toolCall('echo', { text })).done)
  return error?.message ?? result?.content[0]?.text ?? ''
}
const denied = expect.stringContaining('not to be echoed')
const propose = async (by: SignedInPerson, text: string): Promise<Extract<ActivationOutcome, { outcome: 'proposed' }>> => {
  const outcome = await by.api.call('activatePolicy', { kind: 'policy', text, message })
  if (outcome.outcome !== 'proposed') throw new Error('it was put in force')
  return outcome
}
const heard = ({ pushes }: SignedInPerson) => pushes.filter(({ type }) => type === 'policies').length
const log = async (): Promise<string> => {
  const files = (await readdir(join(gateway.root, 'log'), { recursive: true, withFileTypes: true })).filter((file) => file.isFile())
  return (await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))).join('')
}

test('a running session goes on under the old version until a second administrator agrees, and not one call longer', async () => {
  const [before, beforeOfOperator] = [heard(second), heard(operator)]
  const { id, version } = await propose(admin, noEcho('one'))
  await until(() => heard(second) > before, 'the other administrator is told')
  expect(await echo('one')).not.toEqual(denied)

  await expect(admin.api.call('activateProposal', { id })).rejects.toMatchObject({ code: 'PROPOSAL_OWN' })
  await expect(admin.api.call('rejectProposal', { id, reason: 'not needed' })).rejects.toMatchObject({ code: 'PROPOSAL_OWN' })
  for (const refused of [operator.api.call('activateProposal', { id }), operator.api.call('proposals')]) {
    await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' })
  }
  expect(await echo('one')).not.toEqual(denied)

  const { proposals } = await second.api.call('proposals')
  expect(proposals).toMatchObject([{ id, state: 'open', message, text: noEcho('one'), version }])
  expect(await second.api.call('activateProposal', { id })).toMatchObject({ version, message, active: true })
  expect(await echo('one')).toEqual(denied)

  const logged = await log()
  for (const kind of ['policy.proposed', 'policy.version']) {
    expect(logged).toMatch(new RegExp(`"${kind}"[^}]*${version}[^}]*${message}`))
  }
  const { person } = await second.api.call('me')
  expect(logged).toContain(`"approvedBy":"${person.sub}"`)
  expect(heard(operator)).toBe(beforeOfOperator)
})

test('what was proposed against an earlier version is stale, and what is rejected never rules', async () => {
  const [first, other] = [await propose(admin, noEcho('two')), await propose(second, noEcho('three'))]
  await admin.api.call('activateProposal', { id: other.id })
  await expect(second.api.call('activateProposal', { id: first.id })).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
  expect([await echo('two'), await echo('three')]).toEqual([expect.not.stringContaining('not to be echoed'), denied])

  const { id } = await propose(admin, noEcho('two'))
  const rejected = await second.api.call('rejectProposal', { id, reason: 'Two is harmless.' })
  expect(rejected).toMatchObject({ state: 'rejected', reason: 'Two is harmless.' })
  await expect(second.api.call('activateProposal', { id })).rejects.toMatchObject({ code: 'PROPOSAL_NOT_OPEN' })
  expect(await echo('two')).not.toEqual(denied)
  expect(await log()).toMatch(/"policy.rejected"[^}]*Two is harmless/)
})

test('a file that is changed is proposed; it rules when one administrator agrees, also after a restart', { timeout: 60_000 }, async () => {
  await writeFile(gateway.policy, noEcho('four'))
  const waiting = async () => (await admin.api.call('proposals')).proposals.filter(({ state }) => state === 'open')
  await until(async () => (await waiting()).length === 1, 'the file is proposed')
  expect(await echo('four')).not.toEqual(denied)

  await gateway.restart()
  await connectScriptedAgent(gateway.url, agent, [{ name: 'echo', title: 'Echo', transport: 'stdio' }], [session.id])
  await until(() => operator.tunnel.state === 'open', 'the desktop is back')
  expect(await echo('four')).not.toEqual(denied)
  const proposals = await waiting()
  expect(proposals).toMatchObject([{ author: { name: 'file policy.yaml' } }])
  await admin.api.call('activateProposal', { id: proposals[0]!.id })
  expect(await echo('four')).toEqual(denied)
})
