import { expect, test } from 'vitest'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import type { AccessGrant } from '../../src-protocol/access.ts'
import { csvOfAccessGrants } from './csv-of-access-grants.ts'
import { csvOfAccessReview } from './csv-of-access-review.ts'

const connection = 'orders-db' as ConnectionName
const at = '2026-11-22T10:00:00.000Z'
const row = {
  person: { sub: 'u1', name: 'Mira Okafor' },
  connection,
  may: true,
  through: ['operators', 'dba'],
  needsAccess: false,
  sessions: 2,
  lastUsedAt: at,
}

test('one line for each person and connection, with the names of the columns first', () => {
  expect(csvOfAccessReview({ at, rows: [row] }).split('\r\n')).toEqual([
    'person,name,email,connection,may use it now,through groups,needs granted access,granted until,sessions ever,last used,as of',
    `u1,Mira Okafor,,orders-db,yes,operators; dba,no,,2,${at},${at}`,
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
  expect(csvOfAccessReview({ at, rows: [{ ...row, may: false, through: [] }] })).toContain('orders-db,no,,no,,2')
})

test('access that has to be granted says so, and until when it is', () => {
  const needs = { ...row, needsAccess: true }
  expect(csvOfAccessReview({ at, rows: [needs] })).toContain('operators; dba,yes,,2')
  expect(csvOfAccessReview({ at, rows: [{ ...needs, accessUntil: at }] })).toContain(`operators; dba,yes,${at},2`)
})

test('a grant says who got what, by whom, for how long, and how it ended', () => {
  const grant = {
    id: 'acg_1',
    request: 'acr_1',
    rule: 'acl_1',
    ruleTitle: 'On call',
    connection,
    person: { sub: 'u1', name: 'Mira Okafor', groups: [] },
    reason: '=INC, 1',
    startsAt: at,
    endsAt: at,
  } as unknown as AccessGrant
  const line = (one: AccessGrant) => csvOfAccessGrants({ at, grants: [one] }).split('\r\n')[1]
  expect(line(grant)).toBe(`acg_1,u1,Mira Okafor,orders-db,On call,"'=INC, 1",,(nobody had to),${at},${at},,,,${at}`)
  const ended = { ...grant, approvedBy: { sub: 'u2', name: 'Jonas' }, endedAt: at, endReason: 'revoked' as const, endedBy: 'u3' }
  expect(line(ended)).toContain(`,Jonas,${at},${at},${at},revoked,u3,`)
})
