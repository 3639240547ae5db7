/** How access ends: by itself, given back, revoked, with a group, with its rule; and what that does to what runs. */
import { expect, test } from 'vitest'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import type { Session } from '../../src-protocol/model.ts'
import { askFor, decideAccess, grantAccess, openOn, useAccessWorld } from './access-harness.ts'
import { exchange, toolCall, until, type ClientAnswer, type SignedInPerson } from './gateway-harness.ts'

const world = useAccessWorld()

/** A session with a call under way and a stream that listens, on access that was just granted. */
async function running(name: ConnectionName, person: SignedInPerson) {
  const session = await openOn(person, name)
  const received = world.agent.received.length
  world.agent.script = () => {}
  const call = exchange(person, session.id, toolCall('echo', { text: 'never answered' }))
  const listening = exchange(person, session.id, undefined, { method: 'GET' })
  await until(() => world.agent.received.length === received + 2, 'both are under way')
  return { session, ends: Promise.all([call.done, listening.done]) }
}

async function expectCut(person: SignedInPerson, session: Session, ends: Promise<ClientAnswer[]>, reason: string): Promise<void> {
  for (const answer of await ends) {
    const told = answer.aborted?.message ?? answer.messages.join('')
    expect(told).toContain(reason)
  }
  const [call] = await ends
  expect(
    call?.aborted?.code ?? (JSON.parse(call?.messages.at(-1) ?? 'null') as { error: { data: { code: string } } }).error.data.code,
  ).toBe('ACCESS_ENDED')
  // whoever comes afterwards is told the same
  const after = await exchange(person, session.id, toolCall('echo', { text: 'x' })).done
  expect(after.aborted).toMatchObject({ code: 'ACCESS_ENDED', message: expect.stringContaining(reason) })
  const ended = await person.api.call('session', { id: session.id })
  expect(ended.session).toMatchObject({ state: 'ended', endReason: 'access-ended' })
  await expect(openOn(person, session.connection)).rejects.toMatchObject({ code: 'ACCESS_NEEDED' })
}

const endsOf = async (grant: string) => (await world.entries()).filter((entry) => entry.kind === 'access.ended' && entry.grant === grant)

test('at its end, access cuts the calls and streams of its sessions, and the log says so', async () => {
  const name = await world.connection('runs-out')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  const grant = await grantAccess(mira, jonas, await world.rule(name), 1)
  const { session, ends } = await running(name, mira)
  expect(session.endsAt).toBe(grant.endsAt)
  world.time.advance(61_000)
  await expectCut(mira, session, ends, 'its time is over')
  await until(async () => (await endsOf(grant.id)).length > 0, 'the end is logged')
  expect(await endsOf(grant.id)).toMatchObject([{ reason: 'time-over', person: 'mira', connection: name }])
  const closes = async () => (await world.entries()).find((entry) => entry.kind === 'session.close' && entry.session === session.id)
  await until(async () => (await closes()) !== undefined, 'the recording is sealed')
  expect(await closes()).toMatchObject({ endReason: 'access-ended' })
})

test('a session that ends before its access ends by itself, and the access stays', async () => {
  const name = await world.connection('ends-before')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  await grantAccess(mira, jonas, await world.rule(name), 30)
  const session = await openOn(mira, name, 1)
  world.time.advance(61_000)
  await until(async () => (await mira.api.call('session', { id: session.id })).session.state === 'ended', 'the session ends')
  expect((await mira.api.call('session', { id: session.id })).session.endReason).toBe('expired')
  expect(await openOn(mira, name)).toMatchObject({ state: 'live' })
})

test('access that an administrator or a reviewer revokes is over at that moment; somebody else cannot revoke it', async () => {
  const name = await world.connection('revoked')
  const [mira, jonas, admin] = [await world.as('mira'), await world.as('jonas'), await world.as('admin')]
  const rule = await world.rule(name)
  for (const revoker of [admin, jonas]) {
    const grant = await grantAccess(mira, jonas, rule)
    const { session, ends } = await running(name, mira)
    for (const stranger of ['tomas', 'sana'] as const) {
      const { api } = await world.as(stranger)
      await expect(api.call('endAccess', { id: grant.id, reason: 'none of my business' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
    const { api } = await world.as('helene')
    await expect(api.call('endAccess', { id: grant.id, reason: 'none of my business' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(revoker.api.call('endAccess', { id: grant.id, reason: '' })).rejects.toMatchObject({ code: 'REASON_REQUIRED' })
    expect(await revoker.api.call('endAccess', { id: grant.id, reason: 'The incident is closed.' })).toMatchObject({ endReason: 'revoked' })
    await expectCut(mira, session, ends, 'it was revoked (The incident is closed.)')
    expect(await endsOf(grant.id)).toMatchObject([{ reason: 'revoked', because: 'The incident is closed.' }])
    await expect(revoker.api.call('endAccess', { id: grant.id, reason: 'once more' })).rejects.toMatchObject({ code: 'CONFLICT' })
  }
})

test('whoever has access can give it back', async () => {
  const name = await world.connection('given-back')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  const grant = await grantAccess(mira, jonas, await world.rule(name))
  const { session, ends } = await running(name, mira)
  const reviewed = async () => {
    const { rows, grants } = await (await world.as('helene')).api.call('accessReview')
    const row = rows.find(({ person, connection }) => person.sub === 'mira' && connection === name)
    return { row, given: grants.find(({ id }) => id === grant.id) }
  }
  const before = await reviewed()
  expect(before.row).toMatchObject({ may: true, needsAccess: true, accessUntil: grant.endsAt })
  expect(before.given).toMatchObject({ connection: name, approvedBy: { name: 'Jonas Lindqvist' }, startsAt: grant.startsAt })
  expect(await mira.api.call('endAccess', { id: grant.id, reason: '' })).toMatchObject({ endReason: 'returned' })
  await expectCut(mira, session, ends, 'you gave it back')
  const after = await reviewed()
  expect(after.row).toMatchObject({ may: true, needsAccess: true })
  expect(after.row?.accessUntil).toBeUndefined()
  expect(after.given).toMatchObject({ endReason: 'returned', endedBy: 'mira', endedAt: expect.any(String) })
})

test('whoever loses the group of the rule loses the access and what runs under it', async () => {
  const name = await world.connection('left-the-group')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  const grant = await grantAccess(mira, jonas, await world.rule(name))
  const { session, ends } = await running(name, mira)
  await world.changeGroups('mira', ['operators'])
  await expectCut(mira, session, ends, 'you are no longer in the groups')
  await until(async () => (await endsOf(grant.id)).length > 0, 'the end is logged')
  expect(await endsOf(grant.id)).toMatchObject([{ reason: 'groups-lost' }])
  // and does not get it back with the group
  await world.changeGroups('mira', ['operators', 'data-oncall'])
  await expect(openOn(mira, name)).rejects.toMatchObject({ code: 'ACCESS_NEEDED' })
})

test('a request of somebody who has left the group since gives nothing', async () => {
  const name = await world.connection('left-meanwhile')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  const request = await askFor(mira, await world.rule(name))
  await world.changeGroups('mira', ['operators'])
  await until(
    async () => (await mira.api.call('access')).requests.some(({ id, state }) => id === request.id && state === 'void'),
    'it is void',
  )
  await world.changeGroups('mira', ['operators', 'data-oncall'])
  await expect(decideAccess(jonas, request, 'approve')).rejects.toMatchObject({ code: 'ACCESS_REQUEST_NOT_PENDING' })
})

test('more time is another request: it is reviewed again, and what runs ends with the access that it began under', async () => {
  const name = await world.connection('extended')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  const rule = await world.rule(name)
  const first = await grantAccess(mira, jonas, rule, 1)
  const { session, ends } = await running(name, mira)
  const second = await grantAccess(mira, jonas, rule, 30)
  expect(second.id).not.toBe(first.id)
  world.time.advance(61_000)
  expect((await ends)[0]?.messages.join('')).toContain('its time is over')
  expect((await mira.api.call('session', { id: session.id })).session.state).toBe('ended')
  const next = await openOn(mira, name)
  expect((await world.entries()).find((entry) => entry.kind === 'session.open' && entry.session === next.id)).toMatchObject({
    grant: second.id,
  })
})

test('a rule that comes into force ends what began without access; a stricter one ends what it would not have given', async () => {
  const name = await world.connection('ruled-later')
  const [mira, jonas, admin] = [await world.as('mira'), await world.as('jonas'), await world.as('admin')]
  const free = await running(name, mira)
  const rule = await world.rule(name)
  await expectCut(mira, free.session, free.ends, 'the rules for this connection were changed')

  await grantAccess(mira, jonas, rule, 30)
  const guarded = await running(name, mira)
  const longer = await admin.api.call('changeAccessRule', { id: rule.id, terms: { ...rule.terms, maxMinutes: 90 }, before: rule.version })
  expect((await mira.api.call('session', { id: guarded.session.id })).session.state).toBe('live')
  await admin.api.call('changeAccessRule', { id: rule.id, terms: { ...rule.terms, maxMinutes: 10 }, before: longer.version })
  await expectCut(mira, guarded.session, guarded.ends, 'the rules for this connection were changed')
})

test('a rule that is removed takes the access that it gave; the connection is free again', async () => {
  const name = await world.connection('rule-removed')
  const [mira, jonas, admin] = [await world.as('mira'), await world.as('jonas'), await world.as('admin')]
  const rule = await world.rule(name)
  const grant = await grantAccess(mira, jonas, rule)
  const { ends } = await running(name, mira)
  await admin.api.call('removeAccessRule', { id: rule.id })
  for (const answer of await ends)
    expect(answer.aborted?.message ?? answer.messages.join('')).toContain('the rule that gave it was removed')
  expect(await endsOf(grant.id)).toMatchObject([{ reason: 'rule-removed', by: 'admin' }])
  expect(await openOn(mira, name)).toMatchObject({ state: 'live' })
})

test('a connection that is removed takes its rules and access with it', async () => {
  const name = await world.connection('taken-away')
  const [mira, jonas, admin] = [await world.as('mira'), await world.as('jonas'), await world.as('admin')]
  const rule = await world.rule(name)
  const grant = await grantAccess(mira, jonas, rule)
  await admin.api.call('removeConnection', { name })
  expect((await admin.api.call('accessRules')).rules.filter(({ id }) => id === rule.id)).toEqual([])
  expect(await endsOf(grant.id)).toMatchObject([{ reason: 'connection-removed' }])
})

// the last: whoever is signed in would have to sign in again
test('what nobody decides within a working day expires', async () => {
  const name = await world.connection('undecided')
  const request = await askFor(await world.as('mira'), await world.rule(name))
  world.time.advance(8 * 60 * 60 * 1000 + 5000)
  const settled = async () => (await world.entries()).find((entry) => entry.kind === 'access.settled' && entry.request === request.id)
  await until(async () => (await settled()) !== undefined, 'it expires')
  expect(await settled()).toMatchObject({ state: 'expired', person: 'mira' })
})
