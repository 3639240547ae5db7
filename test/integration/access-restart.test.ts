/** Access is in the log and nowhere else: it survives a restart, and nobody who writes the database gains any. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { connectionName } from '../../src-protocol/ids.ts'
import { askFor, decideAccess, grantAccess, openOn, useAccessWorld } from './access-harness.ts'
import { exchange, rpcOf, toolCall, until } from './gateway-harness.ts'

const world = useAccessWorld()

test('rules, requests and access survive a restart; a session goes on under its access and ends with it', { timeout: 90_000 }, async () => {
  const name = await world.connection('survives')
  const other = await world.connection('waits')
  const [mira, jonas, admin] = [await world.as('mira'), await world.as('jonas'), await world.as('admin')]
  const rule = await world.rule(name)
  const waiting = await askFor(mira, await world.rule(other))
  const grant = await grantAccess(mira, jonas, rule)
  const session = await openOn(mira, name)
  const before = { rules: await admin.api.call('accessRules'), access: await admin.api.call('access') }

  await world.restart({ sessions: [session.id] })

  expect({ rules: await admin.api.call('accessRules'), access: await admin.api.call('access') }).toEqual(before)
  expect(rpcOf(await exchange(mira, session.id, toolCall('echo', { text: 'still here' })).done).result?.content[0]?.text).toContain(
    'still here',
  )
  expect(await decideAccess(jonas, waiting, 'approve')).toMatchObject({ state: 'granted' })
  expect(await openOn(mira, other)).toMatchObject({ state: 'live' })
  await jonas.api.call('endAccess', { id: grant.id, reason: 'The incident is closed.' })
  await until(async () => (await mira.api.call('session', { id: session.id })).session.state === 'ended', 'the session ends')
  expect((await mira.api.call('session', { id: session.id })).session.endReason).toBe('access-ended')
})

test('whoever joined the reviewers’ group while a request waits cannot decide it after a restart either', { timeout: 90_000 }, async () => {
  const name = await world.connection('joined-before-restart')
  const [mira, sana] = [await world.as('mira'), await world.as('sana')]
  const request = await askFor(mira, await world.rule(name))
  await world.changeGroups('sana', ['reviewers', 'security', 'dba'])
  await world.restart()
  await expect(decideAccess(sana, request, 'approve')).rejects.toMatchObject({ code: 'APPROVAL_NOT_REVIEWER' })
})

test('the database holds nothing that gives access: no table of it knows rules, requests or grants', async () => {
  const name = await world.connection('in-the-log-only')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  const rule = await world.rule(name)
  const grant = await grantAccess(mira, jonas, rule)
  const session = await openOn(mira, name)
  const database = new Database(join(world.root, 'data', 'gateway.sqlite'), { readonly: true })
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[]
  const rows = tables.flatMap((table) => database.prepare(`SELECT * FROM "${table.name}"`).all())
  database.close()
  const text = JSON.stringify(rows)
  // the session is there: it is the right database that was read
  expect(text).toContain(session.id)
  for (const id of [rule.id, grant.id, grant.request]) expect(text).not.toContain(id)
})

test('a session whose end somebody moved in the database ends with its access all the same', { timeout: 90_000 }, async () => {
  const name = await world.connection('revoked-while-away')
  const [mira, jonas] = [await world.as('mira'), await world.as('jonas')]
  await grantAccess(mira, jonas, await world.rule(name), 1)
  const session = await openOn(mira, name)
  await world.restart({
    sessions: [session.id],
    whileStopped() {
      const database = new Database(join(world.root, 'data', 'gateway.sqlite'))
      database
        .prepare('UPDATE sessions SET ends_at = ? WHERE id = ?')
        .run(new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString(), session.id)
      database.close()
    },
  })
  expect((await mira.api.call('session', { id: session.id })).session.state).toBe('live')
  world.time.advance(61_000)
  await until(async () => (await mira.api.call('session', { id: session.id })).session.state === 'ended', 'the session ends')
  expect((await mira.api.call('session', { id: session.id })).session.endReason).toBe('access-ended')
})

test('people who were seen, what each of them reaches and why', async () => {
  const [free, asked, windowed] = [await world.connection('p-free'), await world.connection('p-asked'), await world.connection('p-other')]
  const [mira, jonas, admin, helene] = [await world.as('mira'), await world.as('jonas'), await world.as('admin'), await world.as('helene')]
  await world.as('tomas')
  await grantAccess(mira, jonas, await world.rule(asked))
  await world.rule(windowed, { groups: ['billing'] })

  const { people } = await admin.api.call('people')
  expect(people.map(({ person }) => person.sub).toSorted()).toEqual(expect.arrayContaining(['admin', 'helene', 'jonas', 'mira', 'tomas']))
  const seen = people.find(({ person }) => person.sub === 'mira')
  expect(seen).toMatchObject({ person: { name: 'Mira Okafor', groups: ['operators', 'data-oncall'] } })
  expect(seen?.firstSignInAt).toBeDefined()

  const { reach } = await helene.api.call('personReach', { sub: 'mira' })
  const of = (name: string) => reach.find(({ connection }) => connection === connectionName.parse(name))?.standing
  expect(of(free)).toMatchObject({
    state: 'free',
    why: ['The connection is open to the group operators.', 'No access rule guards it: sessions start without asking.'],
  })
  expect(of(asked)).toMatchObject({ state: 'granted', why: [expect.anything(), expect.stringContaining('approved by Jonas Lindqvist')] })
  expect(of(windowed)).toMatchObject({ state: 'closed', why: [expect.anything(), 'The rule On call is for the groups billing.'] })
  const { reach: nothing } = await helene.api.call('personReach', { sub: 'helene' })
  expect(nothing.find(({ connection }) => connection === free)?.standing).toMatchObject({
    state: 'closed',
    why: ['Starting sessions needs the role operator.'],
  })

  await expect(mira.api.call('people')).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await expect(jonas.api.call('personReach', { sub: 'mira' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
})
