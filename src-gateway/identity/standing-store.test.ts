import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { createArtifactStore } from './artifact-store.ts'
import { prepareIdentityTables } from './identity-database.ts'
import { createStandingStore } from './standing-store.ts'

const standing = { accessToken: 'upstream-access', refreshToken: 'upstream-refresh', expiresAt: 1, groupsFrom: 'userinfo' as const }
const payload = { grantId: 'sign-in' }

function openDatabase(): Database.Database {
  const database = new Database(':memory:')
  prepareIdentityTables(database)
  database.exec(`INSERT INTO identity_people VALUES ('u-1', 'Mira', NULL, '[]', '', '');
    INSERT INTO identity_sign_ins VALUES ('sign-in', 'u-1', NULL, '', NULL, '2999-01-01T00:00:00.000Z', NULL)`)
  return database
}

/** What one process of the gateway knows. */
function start(database: Database.Database) {
  const standings = createStandingStore(database)
  return { standings, tokens: standings.watch(createArtifactStore(database)('RefreshToken')) }
}

const rows = (database: Database.Database) => database.prepare('SELECT * FROM identity_standings').all() as { sealed: Buffer }[]

test('the desktop’s token brings back what a restart took, and nothing else does', async () => {
  const database = openDatabase()
  const { standings, tokens } = start(database)
  standings.set('sign-in', standing)
  await tokens.upsert('token of the desktop', payload, 60)
  const text = rows(database).map(({ sealed }) => sealed.toString('latin1'))
  expect(text).toHaveLength(1)
  expect(text.join('')).not.toContain('upstream')

  const restarted = start(database)
  expect(restarted.standings.get('sign-in')).toBeUndefined()
  await restarted.tokens.find('another token')
  expect(restarted.standings.get('sign-in')).toBeUndefined()
  await restarted.tokens.find('token of the desktop')
  expect(restarted.standings.get('sign-in')).toEqual(standing)
})

test('what the provider gave last is sealed for the token that was used and for its successor, not for older ones', async () => {
  const database = openDatabase()
  const { standings, tokens } = start(database)
  standings.set('sign-in', standing)
  for (const id of ['first', 'second', 'third']) await tokens.upsert(id, payload, 60)
  standings.set('sign-in', { ...standing, refreshToken: 'the next' })
  for (const [id, expected] of [
    ['first', undefined],
    ['second', 'the next'],
    ['third', 'the next'],
  ] as const) {
    const restarted = start(database)
    await restarted.tokens.find(id)
    expect(restarted.standings.get('sign-in')?.refreshToken).toBe(expected)
  }
})

test('a sign-in that has ended leaves nothing', async () => {
  const database = openDatabase()
  const { standings, tokens } = start(database)
  standings.set('sign-in', standing)
  await tokens.upsert('token', payload, 60)
  standings.delete('sign-in')
  expect(rows(database)).toEqual([])
  standings.set('sign-in', standing)
  await tokens.upsert('token', payload, 60)
  database.exec("UPDATE identity_sign_ins SET ended_at = '2026-01-01T00:00:00.000Z'")
  start(database)
  expect(rows(database)).toEqual([])
})

test('a row that was changed is as good as none', async () => {
  const database = openDatabase()
  const { standings, tokens } = start(database)
  standings.set('sign-in', standing)
  await tokens.upsert('token', payload, 60)
  const [row] = rows(database)
  const changed = Buffer.from(row?.sealed ?? [])
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
  database.prepare('UPDATE identity_standings SET sealed = ?').run(changed)
  const restarted = start(database)
  await restarted.tokens.find('token')
  expect(restarted.standings.get('sign-in')).toBeUndefined()
})
