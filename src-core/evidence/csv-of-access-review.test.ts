import { expect, test } from 'vitest'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import { csvOfAccessReview } from './csv-of-access-review.ts'

const connection = 'orders-db' as ConnectionName
const at = '2026-11-22T10:00:00.000Z'
const row = {
  person: { sub: 'u1', name: 'Mira Okafor' },
  connection,
  may: true,
  through: ['operators', 'dba'],
  sessions: 2,
  lastUsedAt: at,
}

test('one line for each person and connection, with the names of the columns first', () => {
  expect(csvOfAccessReview({ at, rows: [row] }).split('\r\n')).toEqual([
    'person,name,email,connection,may use it now,through groups,sessions ever,last used,as of',
    `u1,Mira Okafor,,orders-db,yes,operators; dba,2,${at},${at}`,
    '',
  ])
})

test('names are not run as formulas, and stay in their cell', () => {
  const name = '=HYPERLINK("http://x","y")'
  const [, line = ''] = csvOfAccessReview({ at, rows: [{ ...row, person: { sub: 'u2', name } }] }).split('\r\n')
  expect(line).toContain(`"'=HYPERLINK(""http://x"",""y"")"`)
})

test('a connection that is open to every operator says so, one that is not reachable says no', () => {
  expect(csvOfAccessReview({ at, rows: [{ ...row, through: [] }] })).toContain('yes,(every operator)')
  expect(csvOfAccessReview({ at, rows: [{ ...row, may: false, through: [] }] })).toContain('orders-db,no,,2')
})
