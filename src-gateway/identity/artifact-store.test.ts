import Database from 'better-sqlite3'
import { expect, test, vi } from 'vitest'
import { createArtifactStore } from './artifact-store.ts'
import { prepareIdentityTables } from './identity-database.ts'

const id = 'Jv8Txa3giFlOQM88qXbCnkaqdbmBdnsCsqBFi4E1lkU'

function openStore() {
  const database = new Database(':memory:')
  prepareIdentityTables(database)
  const rows = () => database.prepare('SELECT * FROM identity_artifacts').all() as Record<string, unknown>[]
  return { database, rows, store: createArtifactStore(database) }
}

test('a payload comes back whole, and its identifier is nowhere in the row', async () => {
  const { rows, store } = openStore()
  const payload = {
    jti: id,
    kind: 'Interaction',
    returnTo: `https://gatehouse.example/oidc/auth/${id}`,
    params: { state: 'a "quoted" \u0001 state' },
  }
  await store('Interaction').upsert(id, payload, 60)
  expect(JSON.stringify(rows())).not.toContain(id)
  expect(await store('Interaction').find(id)).toEqual(payload)
  expect(await store('RefreshToken').find(id)).toBeUndefined()
})

test('a consumed token says so, and keeps the time of its first use', async () => {
  const { store } = openStore()
  const tokens = store('RefreshToken')
  await tokens.upsert(id, { jti: id, grantId: 'grant' }, 60)
  expect(await tokens.find(id)).not.toHaveProperty('consumed')
  await tokens.consume(id)
  expect(await tokens.find(id)).toMatchObject({ consumed: expect.any(Number) })
})

test('revoking a grant takes its tokens of that kind, and no others', async () => {
  const { store } = openStore()
  const tokens = store('RefreshToken')
  await tokens.upsert('first', { grantId: 'grant' }, 60)
  await tokens.upsert('second', { grantId: 'another' }, 60)
  await tokens.revokeByGrantId('grant')
  expect(await tokens.find('first')).toBeUndefined()
  expect(await tokens.find('second')).toBeDefined()
})

test('expired rows are swept once they are of no use to anybody', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const { rows, store } = openStore()
    await store('AuthorizationCode').upsert('old', { grantId: 'grant' }, 60)
    vi.setSystemTime(Date.now() + 100_000)
    await store('AuthorizationCode').upsert('within the tolerance', { grantId: 'grant' }, 60)
    expect(rows()).toHaveLength(2)
    vi.setSystemTime(Date.now() + 61_000)
    await store('AuthorizationCode').upsert('new', { grantId: 'grant' }, 60)
    expect(rows()).toHaveLength(2)
  } finally {
    vi.useRealTimers()
  }
})

test('a token whose answer a crash may have swallowed works once more, and only until its successor is used', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const { database, store } = openStore()
    const tokens = store('RefreshToken')
    await tokens.upsert('first', { grantId: 'grant' }, 60)
    await tokens.consume('first')
    await tokens.upsert('successor', { grantId: 'grant' }, 60)
    expect(await tokens.find('first')).toHaveProperty('consumed')

    vi.setSystemTime(Date.now() + 1000)
    const restarted = createArtifactStore(database)('RefreshToken')
    expect(await restarted.find('first')).not.toHaveProperty('consumed')
    await restarted.consume('first')
    expect(await restarted.find('first')).toHaveProperty('consumed')

    vi.setSystemTime(Date.now() + 1000)
    const again = createArtifactStore(database)('RefreshToken')
    await again.consume('successor')
    vi.setSystemTime(Date.now() + 1000)
    expect(await createArtifactStore(database)('RefreshToken').find('first')).toHaveProperty('consumed')
    // a code is for one use, whatever happens
    const codes = store('AuthorizationCode')
    await codes.upsert('code', { grantId: 'grant' }, 60)
    await codes.consume('code')
    vi.setSystemTime(Date.now() + 1000)
    expect(await createArtifactStore(database)('AuthorizationCode').find('code')).toHaveProperty('consumed')
  } finally {
    vi.useRealTimers()
  }
})
