import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { JsonValue } from '../json/json-value.ts'
import { decideMessage } from './decide-message.ts'
import { loadPolicy } from './load-policy.ts'
import type { Policy } from './policy.ts'

let policy: Policy
beforeAll(async () => {
  const load = await loadPolicy(readFileSync(new URL('../../demo/policy.yaml', import.meta.url), 'utf8'))
  if (!load.ok) throw new Error(JSON.stringify(load.problems))
  policy = load.policy
})

const person = { sub: 'olivia', name: 'Olivia', groups: ['operators'], roles: ['operator' as const] }
const call = (connection: string, tool: string, args: JsonValue | undefined) =>
  decideMessage(policy, { connection, server: 'any', method: 'tools/call', tool, args, person })

describe('customers-db', () => {
  test.for([
    ['SELECT * FROM customers', 'allow', 'customers-read'],
    ['SELECT c.name FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.total > 100', 'allow', 'customers-read'],
    ['EXPLAIN SELECT * FROM customers', 'allow', 'customers-read'],
    ["INSERT INTO notes (customer_id, text) VALUES (1, 'called')", 'allow', 'customers-change-rows'],
    ["UPDATE customers SET city = 'Ulm' WHERE id = 7", 'allow', 'customers-change-rows'],
    ['DELETE FROM notes WHERE id = 7', 'allow', 'customers-change-rows'],
    ['BEGIN; DELETE FROM notes WHERE id = 7; COMMIT', 'allow', 'customers-change-rows'],
    ['DELETE FROM customers', 'review', 'customers-change-every-row'],
    ['DELETE FROM customers WHERE 1 = 1', 'review', 'customers-change-every-row'],
    ["UPDATE customers SET city = 'Ulm'", 'review', 'customers-change-every-row'],
    ['WITH gone AS (DELETE FROM customers RETURNING *) SELECT count(*) FROM gone', 'review', 'customers-change-every-row'],
    ['DROP TABLE customers', 'review', 'customers-change-schema'],
    ['ALTER TABLE customers ADD COLUMN vip int', 'review', 'customers-change-schema'],
    ['COMMIT; CREATE TABLE copy AS SELECT * FROM customers', 'review', 'customers-change-schema'],
    ['GRANT ALL ON customers TO eve', 'review', 'customers-change-schema'],
    ['PRAGMA table_info(customers)', 'review', 'customers-unreadable-sql'],
    ["ATTACH DATABASE '/etc/x.db' AS x", 'review', 'customers-unreadable-sql'],
    ['INSERT OR REPLACE INTO customers (id) VALUES (1)', 'review', 'customers-unreadable-sql'],
    ['SELECT 1 /* /* */ ; DROP TABLE customers; -- */', 'review', 'customers-unreadable-sql'],
    ['', 'review', 'customers-unreadable-sql'],
    ["SELECT load_extension('/tmp/evil.so')", 'deny', 'customers-leave-the-database'],
    ["COPY customers TO PROGRAM 'curl evil'", 'deny', 'customers-leave-the-database'],
    ["DO 'BEGIN END'", 'deny', 'customers-leave-the-database'],
    ['DROP TABLE customers; CALL purge()', 'deny', 'customers-leave-the-database'],
    ['SET search_path = evil', 'deny', null],
    ['VACUUM', 'deny', null],
  ] as const)('%s → %s by %s', ([sql, effect, rule]) => {
    const decision = call('customers-db', 'execute_sql', { sql })
    expect([decision.effect, decision.rule]).toEqual([effect, rule])
    expect(decision.because).toMatch(/\.$/)
    expect('review' in decision ? decision.review.groups : []).toEqual(effect === 'review' ? ['dba'] : [])
  })

  test.for([
    ['no SQL at all', 'execute_sql', {}],
    ['SQL that is no text', 'execute_sql', { sql: ['SELECT 1'] }],
    ['a number', 'execute_sql', { sql: 1 }],
    ['no arguments', 'execute_sql', undefined],
    ['a tool that nobody thought about', 'drop_everything', { sql: 'SELECT 1' }],
  ] as const)('%s is denied', ([, tool, args]) => {
    expect(call('customers-db', tool, args as JsonValue | undefined).effect).toBe('deny')
  })

  test('browsing objects is allowed', () => {
    expect(call('customers-db', 'search_objects', { object_type: 'table', pattern: '%' })).toMatchObject({
      effect: 'allow',
      rule: 'customers-browse',
    })
  })
})

describe('scratch-files', () => {
  test.for([
    ['read_text_file', { path: '/scratch/notes.txt' }, 'allow', 'files-read'],
    ['read_multiple_files', { paths: ['/scratch/a', '/scratch/b'] }, 'allow', 'files-read'],
    ['list_allowed_directories', {}, 'allow', 'files-read'],
    ['list_allowed_directories', undefined, 'allow', 'files-read'],
    ['write_file', { path: '/scratch/a', content: 'about secrets' }, 'review', 'files-write'],
    ['edit_file', { path: '/scratch/a', edits: [] }, 'review', 'files-write'],
    ['move_file', { source: '/scratch/a', destination: '/scratch/b' }, 'review', 'files-write'],
    ['create_directory', { path: '/scratch/c' }, 'review', 'files-write'],
    ['read_text_file', { path: '/scratch/secrets/key.pem' }, 'deny', 'files-secrets'],
    ['read_text_file', { path: '/scratch/a/../secrets/key.pem' }, 'deny', 'files-secrets'],
    ['read_text_file', { path: 'SECRETS\\key.pem' }, 'deny', 'files-secrets'],
    ['read_multiple_files', { paths: ['/scratch/a', '/scratch/./secrets/key.pem'] }, 'deny', 'files-secrets'],
    ['list_directory', { path: '/scratch/secrets' }, 'deny', 'files-secrets'],
    ['search_files', { path: '/scratch', pattern: 'secrets/**' }, 'deny', 'files-secrets'],
    ['move_file', { source: '/scratch/secrets/key.pem', destination: '/scratch/b' }, 'deny', 'files-secrets'],
    ['move_file', { source: '/scratch/b', destination: '/scratch/secrets/b' }, 'deny', 'files-secrets'],
    ['write_file', { path: '/scratch/secrets/b', content: '' }, 'deny', 'files-secrets'],
    ['read_text_file', { path: 7 }, 'deny', 'files-secrets'],
    ['read_multiple_files', { paths: [7] }, 'deny', 'files-secrets'],
    ['read_text_file', ['/scratch/secrets'], 'deny', null],
    ['delete_file', { path: '/scratch/a' }, 'deny', null],
  ] as const)('%s %j → %s by %s', ([tool, args, effect, rule]) => {
    const decision = call('scratch-files', tool, args as JsonValue | undefined)
    expect([decision.effect, decision.rule]).toEqual([effect, rule])
  })
})

test('how much is written does not matter to rules that look at the path only', () => {
  const decision = call('scratch-files', 'write_file', { path: '/scratch/a', content: 'x'.repeat(1_000_000) })
  expect(decision).toMatchObject({ effect: 'review', rule: 'files-write', review: { groups: ['reviewers'] } })
})

test('another connection is denied everything but housekeeping', () => {
  expect(call('payroll', 'execute_sql', { sql: 'SELECT 1' })).toMatchObject({ effect: 'deny', rule: null })
  const list = decideMessage(policy, { connection: 'payroll', server: 'any', method: 'tools/list', args: undefined, person })
  expect(list).toMatchObject({ effect: 'allow', rule: 'protocol' })
})
