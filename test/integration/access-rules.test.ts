/** Who gets access, and who does not: rules, requests and their review. */
import { expect, test } from 'vitest'
import type { AccessSchedule, Weekday } from '../../src-protocol/access.ts'
import { askFor, decideAccess, grantAccess, openOn, termsOf, useAccessWorld } from './access-harness.ts'
import { until } from './gateway-harness.ts'

const world = useAccessWorld()
const weekdays: Weekday[] = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** A schedule in UTC with one window, from and to so many minutes from now. */
function windowAround(fromMinutes: number, toMinutes: number): AccessSchedule {
  const moment = (minutes: number) => new Date(world.time.clock.now().getTime() + minutes * 60_000)
  const time = (minutes: number) => moment(minutes).toISOString().slice(11, 16)
  const day = weekdays[moment(fromMinutes).getUTCDay()] ?? 'monday'
  return { zone: 'Etc/UTC', windows: [{ days: [day], from: time(fromMinutes), to: time(toMinutes) }] }
}

test('without a rule, whoever is in the groups of a connection starts sessions, as ever', async () => {
  const open = await world.connection('free')
  const mira = await world.as('mira')
  const { standings } = await mira.api.call('accessStandings')
  expect(standings[open]).toMatchObject({ state: 'free', offers: [] })
  expect(await openOn(mira, open)).toMatchObject({ state: 'live' })
})

test('with a rule, nobody starts a session without access, whatever groups they are in; asked for and approved, they do', async () => {
  const name = await world.connection('guarded')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  const rule = await world.rule(name)
  await expect(openOn(mira, name)).rejects.toMatchObject({ code: 'ACCESS_NEEDED' })

  const request = await askFor(mira, rule)
  expect(request).toMatchObject({ state: 'pending', connection: name, minutes: 30 })
  await expect(openOn(mira, name)).rejects.toMatchObject({ code: 'ACCESS_NEEDED' })
  await until(() => jonas.pushes.some(({ type }) => type === 'access'), 'reviewers hear of it')
  expect((await jonas.api.call('access')).requests.map(({ id }) => id)).toContain(request.id)

  const granted = await decideAccess(jonas, request, 'approve')
  expect(granted).toMatchObject({ state: 'granted', vote: { person: { name: 'Jonas Lindqvist' } } })
  const session = await openOn(mira, name)
  // a session of an hour on access of half an hour
  const [grant] = (await mira.api.call('access')).grants
  expect(session.endsAt).toBe(grant?.endsAt)
  expect((await world.entries()).filter((entry) => entry.kind.startsWith('access.') && JSON.stringify(entry).includes(name))).toMatchObject(
    [
      { kind: 'access.rule', by: 'admin', terms: { approvers: ['dba'] } },
      { kind: 'access.requested', requester: { sub: 'mira' }, input: { reason: 'INC-4127: refunds are stuck', minutes: 30 } },
      { kind: 'access.granted', person: 'mira', grant: grant?.id, vote: { person: { sub: 'jonas' }, decision: 'approve' } },
    ],
  )
  expect((await world.entries()).find((entry) => entry.kind === 'session.open' && entry.session === session.id)).toMatchObject({
    grant: grant?.id,
  })
})

test('where nobody has to approve, asking gives access at once', async () => {
  const name = await world.connection('self-service')
  const mira = await world.as('mira')
  const rule = await world.rule(name, { approvers: [] })
  expect(await askFor(mira, rule)).toMatchObject({ state: 'granted' })
  expect(await openOn(mira, name)).toMatchObject({ state: 'live' })
})

test('another person’s access lets nobody else in', async () => {
  const name = await world.connection('of-another')
  const [mira, both, jonas] = [await world.as('mira'), await world.as('both'), await world.as('jonas')]
  await grantAccess(mira, jonas, await world.rule(name))
  await expect(openOn(both, name)).rejects.toMatchObject({ code: 'ACCESS_NEEDED' })
})

test.for([
  ['no reason', {}, { reason: ' ' }, 'REASON_REQUIRED'],
  ['no ticket', { ticketRequired: true }, {}, 'ACCESS_TICKET_REQUIRED'],
  [
    'a ticket of another form',
    { ticketRequired: true, ticketPattern: 'INC-[0-9]+' },
    { ticket: 'see INC-1 above' },
    'ACCESS_TICKET_INVALID',
  ],
  ['too long', { maxMinutes: 20 }, { minutes: 21 }, 'ACCESS_TOO_LONG'],
  ['wrong group', { groups: ['billing'] }, {}, 'ACCESS_NOT_MEMBER'],
] as const)('a request is refused: %s', async ([what, terms, ask, code]) => {
  const name = await world.connection(`refused-${what.replaceAll(' ', '-')}`)
  const mira = await world.as('mira')
  const rule = await world.rule(name, { ...terms, groups: 'groups' in terms ? [...terms.groups] : ['data-oncall'], approvers: [] })
  await expect(askFor(mira, rule, ask)).rejects.toMatchObject({ code })
  expect((await mira.api.call('access')).requests.filter(({ connection }) => connection === name)).toEqual([])
})

test('a ticket of the right form, a reason that is not required, the longest time: all granted', async () => {
  const name = await world.connection('just-right')
  const mira = await world.as('mira')
  const rule = await world.rule(name, {
    ticketRequired: true,
    ticketPattern: 'INC-[0-9]+',
    reasonRequired: false,
    maxMinutes: 20,
    approvers: [],
  })
  expect(await askFor(mira, rule, { minutes: 20, reason: '', ticket: 'INC-4127' })).toMatchObject({ state: 'granted', ticket: 'INC-4127' })
})

test('who may not use the connection at all does not learn that it has a rule', async () => {
  const name = await world.connection('unseen')
  const rule = await world.rule(name, { groups: [] })
  const sana = await world.as('sana')
  await expect(askFor(sana, rule)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await world.changeGroups('tomas', ['dba'])
  const tomas = await world.as('tomas')
  await expect(askFor(tomas, rule)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await world.changeGroups('tomas', ['operators', 'billing'])
})

test('outside its window a rule gives nothing, and says when it opens; inside it does', async () => {
  const name = await world.connection('windowed')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  const rule = await world.rule(name, { schedule: windowAround(120, 180) })
  await expect(askFor(mira, rule)).rejects.toMatchObject({ code: 'ACCESS_OUTSIDE_WINDOW', message: expect.stringContaining('it opens on') })
  const { standings } = await mira.api.call('accessStandings')
  expect(standings[name]).toMatchObject({ state: 'closed', offers: [{ obstacle: expect.stringContaining('it opens on') }] })
  const open = await world.rule(name, { title: 'Now', schedule: windowAround(-60, 120) })
  expect(await grantAccess(mira, jonas, open)).toMatchObject({ ruleTitle: 'Now' })
})

test('access that would last beyond the window ends with it', async () => {
  const name = await world.connection('closing-soon')
  const mira = await world.as('mira')
  const schedule = windowAround(-60, 15)
  const rule = await world.rule(name, { schedule, approvers: [] })
  await askFor(mira, rule, { minutes: 60 })
  const grant = (await mira.api.call('access')).grants.find(({ connection }) => connection === name)
  expect(grant?.endsAt.slice(11, 16)).toBe(schedule.windows[0]?.to)
})

test('nobody decides an own request, not even a reviewer of the right group', async () => {
  const name = await world.connection('own-request')
  const [both, second, jonas] = [await world.as('both'), await world.as('second'), await world.as('jonas')]
  const request = await askFor(both, await world.rule(name))
  // nor with a second account of the same address
  for (const own of [both, second]) {
    await expect(decideAccess(own, request, 'approve')).rejects.toMatchObject({ code: 'APPROVAL_OWN_REQUEST' })
  }
  await expect(openOn(both, name)).rejects.toMatchObject({ code: 'ACCESS_NEEDED' })
  expect(await decideAccess(jonas, request, 'approve')).toMatchObject({ state: 'granted' })
})

test('a reviewer of another group neither sees nor decides it; a denial gives nothing and says why', async () => {
  const name = await world.connection('denied')
  const [mira, sana, jonas] = [await world.as('mira'), await world.as('sana'), await world.as('jonas')]
  const rule = await world.rule(name)
  const request = await askFor(mira, rule)
  expect((await sana.api.call('access')).requests.filter(({ id }) => id === request.id)).toEqual([])
  await expect(decideAccess(sana, request, 'approve')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await decideAccess(jonas, request, 'deny')).toMatchObject({ state: 'denied', vote: { reason: 'agreed in the incident channel' } })
  await expect(openOn(mira, name)).rejects.toMatchObject({ code: 'ACCESS_NEEDED' })
  await expect(decideAccess(jonas, request, 'approve')).rejects.toMatchObject({ code: 'ACCESS_REQUEST_NOT_PENDING' })
})

test('whoever joined the group after the request cannot decide it, and whoever left it neither', async () => {
  const name = await world.connection('joined-later')
  const [mira, sana, both] = [await world.as('mira'), await world.as('sana'), await world.as('both')]
  const request = await askFor(mira, await world.rule(name))
  await world.changeGroups('sana', ['reviewers', 'security', 'dba'])
  await expect(decideAccess(sana, request, 'approve')).rejects.toMatchObject({ code: 'APPROVAL_NOT_REVIEWER' })
  await world.changeGroups('both', ['operators', 'data-oncall', 'reviewers'])
  await expect(decideAccess(both, request, 'approve')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await world.changeGroups('both', ['operators', 'data-oncall', 'reviewers', 'dba'])
  await world.changeGroups('sana', ['reviewers', 'security'])
})

test('a decision that is signed by another key, or is for another digest, does not count', async () => {
  const name = await world.connection('forged')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  const request = await askFor(mira, await world.rule(name))
  await expect(decideAccess(jonas, request, 'approve', { signedBy: mira })).rejects.toMatchObject({ code: 'APPROVAL_SIGNATURE_INVALID' })
  await expect(decideAccess(jonas, request, 'approve', { digest: '0'.repeat(64) })).rejects.toMatchObject({
    code: 'APPROVAL_SIGNATURE_INVALID',
  })
  await expect(openOn(mira, name)).rejects.toMatchObject({ code: 'ACCESS_NEEDED' })
})

test('one request waits at a time; withdrawn, it gives nothing', async () => {
  const name = await world.connection('withdrawn')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  const rule = await world.rule(name)
  const request = await askFor(mira, rule)
  await expect(askFor(mira, rule)).rejects.toMatchObject({ code: 'CONFLICT' })
  await expect(jonas.api.call('withdrawAccess', { id: request.id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await mira.api.call('withdrawAccess', { id: request.id })).toMatchObject({ state: 'withdrawn' })
  await expect(decideAccess(jonas, request, 'approve')).rejects.toMatchObject({ code: 'ACCESS_REQUEST_NOT_PENDING' })
})

test('whoever asks in a loop is stopped: reviewers are not to be worn down', async () => {
  const name = await world.connection('in-a-loop')
  const mira = await world.as('mira')
  const rule = await world.rule(name)
  for (let count = 0; count < 6; count += 1) await mira.api.call('withdrawAccess', { id: (await askFor(mira, rule)).id })
  await expect(askFor(mira, rule)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('6 times within the last hour'),
  })
})

test('a request under terms that were changed since is void', async () => {
  const name = await world.connection('changed-since')
  const [mira, jonas, admin] = [await world.as('mira'), await world.as('jonas'), await world.as('admin')]
  const rule = await world.rule(name)
  const request = await askFor(mira, rule)
  await admin.api.call('changeAccessRule', { id: rule.id, terms: { ...rule.terms, maxMinutes: 45 }, before: rule.version })
  await expect(decideAccess(jonas, request, 'approve')).rejects.toMatchObject({ code: 'ACCESS_REQUEST_NOT_PENDING' })
  expect((await mira.api.call('access')).requests.find(({ id }) => id === request.id)).toMatchObject({
    state: 'void',
    because: 'the rule was changed',
  })
})

test('only administrators set rules, on connections that exist, with patterns that are some, and not over another’s change', async () => {
  const name = await world.connection('ruled')
  const [mira, admin] = [await world.as('mira'), await world.as('admin')]
  const rule = await world.rule(name)
  const change = { id: rule.id, terms: termsOf(name, { maxMinutes: 10 }), before: rule.version }
  await expect(mira.api.call('createAccessRule', termsOf(name, { title: 'Mine' }))).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(mira.api.call('changeAccessRule', change)).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(mira.api.call('removeAccessRule', { id: rule.id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(mira.api.call('accessRules')).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(world.rule('nowhere' as typeof name)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(world.rule(name, { title: 'Broken', ticketPattern: '(' })).rejects.toMatchObject({ code: 'ACCESS_RULE_INVALID' })
  await expect(world.rule(name, { title: 'Empty', ticketRequired: true, ticketPattern: '.*' })).rejects.toMatchObject({
    code: 'ACCESS_RULE_INVALID',
  })
  await expect(world.rule(name)).rejects.toMatchObject({ code: 'CONFLICT' })
  await admin.api.call('changeAccessRule', change)
  await expect(admin.api.call('changeAccessRule', { ...change, terms: termsOf(name, { maxMinutes: 11 }) })).rejects.toMatchObject({
    code: 'CONFLICT',
  })
})
