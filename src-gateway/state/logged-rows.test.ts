import { expect, test } from 'vitest'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { agentRowHash, connectionRowHash, createLoggedRows } from './logged-rows.ts'
import { replayLog } from './replay-log.ts'
import type { ConnectionRow } from './schema.ts'

type Admin = Extract<LogEntry, { kind: 'admin' }>

const one = 'a'.repeat(64)
const two = 'b'.repeat(64)
const entry = (act: Admin['act'], subject: string, row?: string): LogEntry => ({
  v: 1,
  at: '2026-11-22T10:00:00.000Z',
  kind: 'admin',
  act,
  by: 'priya',
  subject,
  ...(row !== undefined && { row }),
})

async function rowsAfter(...entries: LogEntry[]) {
  const bytes = entries.map((each) => Buffer.from(JSON.stringify(each)))
  const rows = createLoggedRows()
  await replayLog({ size: bytes.length, entry: (index) => Promise.resolve(bytes[index] ?? Buffer.from('')) }, [rows.listener])
  return rows
}

test.for([
  ['as it was made', [entry('connection.created', 'db', one)], one, true],
  ['made with words behind its name', [entry('connection.created', 'db: SQL dialect mysql', one)], one, true],
  ['another row', [entry('connection.created', 'db', one)], two, false],
  ['never made', [], one, false],
  ['another one was made', [entry('connection.created', 'dbx', one)], one, false],
  ['an agent of that name was made', [entry('agent.enrolled', 'db', one)], one, false],
  ['as it was changed', [entry('connection.created', 'db', one), entry('connection.changed', 'db: new tools hold', two)], two, true],
  [
    'as it was before a change',
    [entry('connection.created', 'db', one), entry('connection.changed', 'db: new tools hold', two)],
    one,
    false,
  ],
  ['removed', [entry('connection.created', 'db', one), entry('connection.removed', 'db')], one, false],
  [
    'made again',
    [entry('connection.created', 'db', one), entry('connection.removed', 'db'), entry('connection.created', 'db', two)],
    two,
    true,
  ],
  ['made by an earlier version, without a hash', [entry('connection.created', 'db')], one, true],
  ['removed by an earlier version', [entry('connection.created', 'db'), entry('connection.removed', 'db')], one, false],
  ['only invited', [entry('agent.join-token', 'db')], one, false],
] as const)('a connection that is %s', async ([, entries, hash, fits]) => {
  expect((await rowsAfter(...entries)).fits('connection', 'db', hash)).toBe(fits)
})

const row: ConnectionRow = {
  name: 'db',
  title: 'Database',
  description: null,
  agent: 'agt_1',
  server: 'db',
  groups: '["dba"]',
  max_minutes: 60,
  created_at: '2026-11-22T10:00:00.000Z',
  new_tools: 'accept',
  tools_listed: '[]',
  dialect: null,
}

test('every column that an administrator decides is in the hash; what clients listed is not', () => {
  const changes: Partial<ConnectionRow>[] = [
    { name: 'other' },
    { title: 'other' },
    { description: 'other' },
    { agent: 'agt_2' },
    { server: 'other' },
    { groups: '[]' },
    { max_minutes: 61 },
    { created_at: '2026-11-22T10:00:00.001Z' },
    { new_tools: 'hold' },
    { dialect: 'mysql' },
  ]
  const hashes = [row, ...changes.map((change) => ({ ...row, ...change }))].map(connectionRowHash)
  expect(new Set(hashes).size).toBe(changes.length + 1)
  expect(connectionRowHash({ ...row, tools_listed: '["2025"]' })).toBe(connectionRowHash(row))
  // logged hashes must fit the rows of later versions
  expect(connectionRowHash(row)).toBe('1df355a974351e235d4f4d69065940ae9d8373c6006ea64eb92548965026b516')
})

test('the key of an agent is in its hash', () => {
  const agent = { id: 'agt_1', name: 'one', public_key: '{}', enrolled_at: '2026-11-22T10:00:00.000Z' }
  const changed = [agent, { ...agent, public_key: '{"x":1}' }, { ...agent, id: 'agt_2' }, { ...agent, name: 'two' }]
  expect(new Set(changed.map(agentRowHash)).size).toBe(4)
})
