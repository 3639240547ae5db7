import { expect, test } from 'vitest'
import { connectionName } from '../../../src-protocol/ids.ts'
import { connectionProblems, type ConnectionDraft } from './connection-draft.ts'

const draft: ConnectionDraft = {
  server: 'agt_1 orders',
  name: 'orders-db',
  title: 'Orders',
  description: '',
  groups: [],
  maxMinutes: 60,
  dialect: 'none',
}

test('a complete draft has no problems', () => {
  expect(connectionProblems(draft, [])).toEqual({})
})

test.for([
  ['no server', { server: '' }, 'server'],
  ['a name with capitals', { name: 'Orders' }, 'name'],
  ['a name that ends with a hyphen', { name: 'orders-' }, 'name'],
  ['a name that is taken', { name: 'taken' }, 'name'],
  ['an empty title', { title: '  ' }, 'title'],
  ['no time', { maxMinutes: 0 }, 'maxMinutes'],
  ['more than a day', { maxMinutes: 1441 }, 'maxMinutes'],
  ['half minutes', { maxMinutes: 1.5 }, 'maxMinutes'],
] as const)('%s is a problem', ([, change, field]) => {
  expect(Object.keys(connectionProblems({ ...draft, ...change }, [{ name: connectionName.parse('taken') }]))).toEqual([field])
})

test.for(['orders-db', 'a', 'x'.repeat(63), '', '-a', 'a-', 'A', 'x'.repeat(64), 'a b'])(
  'the form judges the name “%s” as the contract does',
  (name) => {
    expect(connectionProblems({ ...draft, name }, []).name === undefined).toBe(connectionName.safeParse(name).success)
  },
)
