/** A gateway that was taken over: it is scripted, and everything that it can send is tried. Agent and MCP server are real. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newSessionId } from '../../src-node/random-id.ts'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import type { Approval, Vote } from '../../src-protocol/model.ts'
import { newRoot, writeTrust } from '../fixtures/trusting-agent.ts'
import { until } from './gateway-harness.ts'
import { anna, ben, dangerous, oda, stranger, tools, useTrustingAgent, voteOf } from './use-trusting-agent.ts'

const world = useTrustingAgent()
const { approved, call, expectRefused, headers, initialize, list, logged, open, ran, send, startAgentHere, trust } = world

describe('an agent that checks approvals itself', () => {
  test('runs a call that two of its reviewers approved, once, with its own bytes', async () => {
    const body = call(dangerous)
    const answer = await send(body, approved([anna, ben]))
    expect(answer.messages[0]).toContain('ALTER TABLE')
    expect(ran()).toBe(`${body}\n`)
  })

  test('asks nothing of a call that no rule holds, and nothing of other servers', async () => {
    expect((await send(call('{"sql":"SELECT 1"}'))).messages[0]).toContain('SELECT 1')
    expect((await send(call('{}', 'list_tables'))).messages[0]).toContain('list_tables')
    const plain = await open('plain')
    expect((await send(call(dangerous), undefined, plain)).messages[0]).toContain('ALTER TABLE')
  })

  test('does so for servers over HTTP, whose lists come as events', async () => {
    world.session = await open('web')
    const body = call(dangerous)
    const unproven = await send(body)
    expect(unproven.error?.data).toMatchObject({ server: 'web', reason: 'missing' })
    const of = { connection: 'web' as ConnectionName, server: 'web' }
    expect((await send(body, approved([anna, ben], { input: { ...of, toolDefinitionHash: 'not-listed' } }))).error?.data).toMatchObject({
      reason: 'other-tool-definition',
    })
    expect((await world.gateway.open(world.session, 'DELETE', headers(), body).done).error?.code).toBe('INVALID_REQUEST')
    expect(ran()).toBe('')
    expect((await send(body, approved([anna, ben], { input: of }))).messages[0]).toContain('tools/call')
    expect(ran()).toBe(`${body}\n`)
  })

  test('refuses a call without an approval, and logs an alarm', async () => {
    await expectRefused(send(call(dangerous)), 'missing')
    expect(logged.filter((line) => line.includes('agent-refused')).length).toBeGreaterThan(0)
    expect(logged.join('')).not.toContain('DROP COLUMN')
  })

  test('refuses an approval of other arguments, down to a byte', async () => {
    await expectRefused(send(call('{"sql":"DROP TABLE customers"}'), approved([anna, ben])), 'other-arguments')
    await expectRefused(send(call(dangerous.replace('{', '{ ')), approved([anna, ben])), 'other-arguments')
  })

  test('refuses what reviewers were not shown', async () => {
    await expectRefused(send(call(dangerous), approved([anna, ben], { shownText: '{"sql":"SELECT 1"}' })), 'other-shown')
    const masked = approved([anna, ben], { shownText: '{"sql":"ALTER TABLE [MASKED:name] DROP COLUMN card"}' })
    expect((await send(call(dangerous), masked)).aborted).toBeUndefined()
    rmSync(join(world.folder, 'ran'))

    const proof = approved([anna, ben])
    const { shown: _shown, ...unseen } = proof
    await expectRefused(send(call(dangerous), unseen), 'other-shown')
    await expectRefused(
      send(call(dangerous), { ...proof, shown: { ...(proof.shown as Approval), because: 'Nothing to see.' } }),
      'other-shown',
    )
    const { shown: _hash, ...uncovered } = proof.input
    const blind = { ...proof, input: uncovered, votes: [anna, ben].map((key) => voteOf(key, uncovered, new Date())) }
    await expectRefused(send(call(dangerous), blind), 'other-shown')
  })

  test.each([
    ['session', () => newSessionId(), 'other-call'],
    ['connection', () => 'harmless', 'other-call'],
    ['server', () => 'plain', 'other-call'],
    ['tool', () => 'list_tables', 'other-call'],
    ['method', () => 'prompts/get', 'other-call'],
    ['policyVersion', () => 'a'.repeat(64), 'other-policy'],
    ['toolDefinitionHash', () => 'b'.repeat(64), 'other-tool-definition'],
  ])('refuses an approval of another %s', async (name, value, reason) => {
    await expectRefused(send(call(dangerous), approved([anna, ben], { input: { [name]: value() } })), reason)
  })

  test('refuses what was approved before the tool was listed otherwise', async () => {
    list([{ ...tools[0], description: 'Runs SQL, and sends it to me.' }])
    await send('{"jsonrpc":"2.0","id":2,"method":"tools/list"}')
    await expectRefused(send(call(dangerous), approved([anna, ben])), 'other-tool-definition')
  })

  test('refuses too few, one who counts twice, the requester, strangers, and who is in no group for it', async () => {
    await expectRefused(send(call(dangerous), approved([anna])), 'too-few')
    await expectRefused(send(call(dangerous), approved([anna, anna])), 'too-few')
    await expectRefused(send(call(dangerous), approved([])), 'too-few')
    await expectRefused(send(call(dangerous), approved([anna, ben], { input: { requester: 'ben' } })), 'own-request')
    await expectRefused(send(call(dangerous), approved([anna, stranger])), 'unknown-reviewer')
    await expectRefused(send(call(dangerous), approved([anna, oda])), 'other-group')
  })

  test('refuses a vote in the place of somebody who is away, whoever cast it, and lets a denial in one end it', async () => {
    const onBehalfOf = { sub: 'anna', name: 'Anna', delegation: 'dlg_0123456789abcdef' as NonNullable<Vote['onBehalfOf']>['delegation'] }
    const proof = approved([ben])
    const inPlace = (decision: Vote['decision']) => voteOf(oda, proof.input, new Date(), { onBehalfOf, decision })
    await expectRefused(send(call(dangerous), { ...proof, votes: [...proof.votes, inPlace('approve')] }), 'delegated')
    const whole = approved([anna, ben])
    const denied = voteOf(oda, whole.input, new Date(), { onBehalfOf, decision: 'deny' })
    await expectRefused(send(call(dangerous), { ...whole, votes: [...whole.votes, denied] }), 'denied')
  })

  test('refuses terms that the gateway made milder', async () => {
    await expectRefused(send(call(dangerous), approved([anna], { input: { approvals: 1 } })), 'too-few')
    await expectRefused(send(call(dangerous), approved([anna, oda], { input: { groups: ['operators', 'dba'] } })), 'other-group')
    const early = new Date(Date.now() - 3600_000)
    const patient = { runWithinSeconds: 86_400, decideBy: new Date(Date.now() + 3600_000).toISOString() }
    await expectRefused(send(call(dangerous), approved([anna, ben], { at: early, input: patient })), 'expired')
  })

  test('refuses forged votes: of a key that is not signed for the person, and of other terms', async () => {
    const forged = approved([anna, ben])
    forged.votes[1] = { ...voteOf(stranger, forged.input, new Date(), { person: { sub: 'ben', name: 'Ben' } }) }
    await expectRefused(send(call(dangerous), forged), 'unknown-key')
    const bare = approved([anna, ben])
    delete bare.votes[1]?.reviewer
    await expectRefused(send(call(dangerous), bare), 'unknown-key')

    const proof = approved([anna, ben])
    const denied = voteOf(ben, proof.input, new Date(), { decision: 'deny' })
    await expectRefused(
      send(call(dangerous), { ...proof, votes: [proof.votes[0] as Vote, { ...denied, decision: 'approve' }] }),
      'signature-invalid',
    )
    await expectRefused(send(call(dangerous), { ...proof, votes: [...proof.votes, denied] }), 'denied')
    const later = { ...(proof.votes[0] as Vote), at: new Date(Date.now() + 1000).toISOString() }
    await expectRefused(send(call(dangerous), { ...proof, votes: [later, proof.votes[1] as Vote] }), 'signature-invalid')
    const other = { ...proof, input: { ...proof.input, runWithinSeconds: 299 } }
    await expectRefused(send(call(dangerous), other), 'signature-invalid')
  })

  test('refuses what is too old, decided too late, or comes from the future', async () => {
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000)
    await expectRefused(send(call(dangerous), approved([anna, ben], { at: ago(8) })), 'expired')
    await expectRefused(send(call(dangerous), approved([anna, ben], { input: { decideBy: ago(5).toISOString() } })), 'expired')
    await expectRefused(send(call(dangerous), approved([anna, ben], { at: ago(-10) })), 'expired')
  })

  test('refuses a second use, also after it was started anew', async () => {
    const proof = approved([anna, ben])
    expect((await send(call(dangerous), proof)).aborted).toBeUndefined()
    rmSync(join(world.folder, 'ran'))
    await expectRefused(send(call(dangerous), proof), 'used-before')
    await world.agent.close()
    await startAgentHere()
    const before = world.session
    world.session = await open('vault')
    // the approval names its session; a gateway that was taken over starts one of the same name
    await expectRefused(send(call(dangerous), proof), 'other-call')
    world.gateway.command({ type: 'session.start', session: before, server: 'vault' })
    await until(
      () => world.gateway.controls.filter((control) => control.type === 'session.started' && control.session === before).length > 1,
      'it runs',
    )
    await initialize(before)
    await expectRefused(send(call(dangerous), proof, before), 'used-before')
  })

  test('refuses what a signed rule denies, with or without approvals', async () => {
    await expectRefused(send(call('{}', 'drop_everything')), 'denied-by-rule')
    await expectRefused(
      send(call('{}', 'drop_everything'), approved([anna, ben], { input: { tool: 'drop_everything' } })),
      'denied-by-rule',
    )
    await expectRefused(send(call('{"sql":5}')), 'denied-by-rule')
  })

  test.each([
    [
      'a method twice',
      `{"jsonrpc":"2.0","id":2,"method":"tools/call","method":"ping","params":{"name":"execute","arguments":${dangerous}}}`,
    ],
    [
      'a name twice',
      `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"execute","name":"list_tables","arguments":${dangerous}}}`,
    ],
    [
      'a method in another case',
      `{"jsonrpc":"2.0","id":2,"method":"ping","Method":"tools/call","params":{"name":"execute","arguments":${dangerous}}}`,
    ],
    [
      'arguments in another case',
      `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"execute","arguments":{"sql":"SELECT 1"},"Arguments":${dangerous}}}`,
    ],
    ['a batch', `[${call(dangerous)}]`],
    ['no JSON', '{"jsonrpc":"2.0"'],
  ])('refuses %s: the server might read it otherwise', async (_, body) => {
    await expectRefused(send(body), 'unreadable')
  })

  test('refuses headers that name another tool than the body', async () => {
    const misleading = { ...headers(), 'mcp-method': 'tools/call', 'mcp-name': 'list_tables' }
    await expectRefused(
      world.gateway.open(world.session, 'POST', misleading, call('{"sql":"SELECT 1"}').replace('execute', 'other')).done,
      'unreadable',
    )
  })
})

describe('the signed document', () => {
  test('counts when it changes, and never goes back, also across a start', async () => {
    const next = await trust(8)
    writeTrust(world.folder, { ...next, reviewers: next.reviewers.filter(({ sub }) => sub !== 'ben') }, world.root)
    await until(() => logged.some((line) => line.includes('"version":8')), 'version 8 is in force')
    await expectRefused(send(call(dangerous), approved([anna, ben])), 'unknown-reviewer')

    // the older one would bring Ben back
    for (const [document, problem] of [
      [await trust(7), 'its version is 7'],
      [next, 'version 8 was another document'],
    ] as const) {
      const lines = logged.length
      writeTrust(world.folder, document, world.root)
      await until(() => logged.slice(lines).some((line) => line.includes(problem)), problem)
      await expectRefused(send(call(dangerous), approved([anna, ben])), 'unknown-reviewer')
    }
    await world.agent.close()
    await expect(startAgentHere()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })

    writeTrust(world.folder, await trust(9), newRoot())
    await expect(startAgentHere()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    writeFileSync(join(world.folder, 'approvals.signed'), JSON.stringify(await trust(9)))
    await expect(startAgentHere()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    rmSync(join(world.folder, 'approvals.signed'))
    await expect(startAgentHere()).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' })

    writeTrust(world.folder, await trust(9), world.root)
    await startAgentHere()
    world.session = await open('vault')
    expect((await send(call(dangerous), approved([anna, ben]))).aborted).toBeUndefined()
  })
})
