import { expect, test } from 'vitest'
import { logEntry } from '../../src-protocol/log-entry.ts'
import { createPopulationTables, populationColumns } from './population-tables.ts'

const at = '2026-11-23T10:00:00.000Z'
const [rule, request, grant] = ['acr_AAAAAAAAAAAAAAAA', 'acq_AAAAAAAAAAAAAAAA', 'acg_AAAAAAAAAAAAAAAA']
const connection = 'orders-db'
const hash = 'a'.repeat(64)
const terms = { connection, title: 'On call', groups: [], maxMinutes: 60, approvers: ['dba'], reasonRequired: true, ticketRequired: false }
const input = {
  v: 1,
  request,
  nonce: 'n',
  requester: 'mira',
  connection,
  rule,
  ruleVersion: hash,
  minutes: 30,
  reason: 'refunds',
  ticket: 'INC-1',
  approvers: ['dba'],
  decideBy: at,
}
const vote = { person: { sub: 'jonas', name: 'Jonas' }, decision: 'approve', reason: 'agreed', at, signature: 's', key: {} }
const requester = { sub: 'mira', name: 'Mira', groups: [] }
const times = { startsAt: at, endsAt: '2026-11-23T10:30:00.000Z' }

test('every step of access is a row: what, who, where, by whom, and where in the log', () => {
  const tables = createPopulationTables()
  const entries = [
    { kind: 'access.rule', rule, terms, version: hash, by: 'priya' },
    { kind: 'access.requested', request, requester, ruleTitle: 'On call', digest: hash, input },
    { kind: 'access.granted', request, digest: hash, grant, person: 'mira', connection, ...times, vote },
    { kind: 'access.settled', request, digest: hash, person: 'mira', connection, state: 'denied', vote: { ...vote, decision: 'deny' } },
    { kind: 'access.ended', grant, person: 'mira', connection, reason: 'revoked', by: 'priya', because: 'closed' },
    { kind: 'access.rule-removed', rule, connection, by: 'priya' },
  ]
  entries.forEach((entry, index) => tables.addEntry(logEntry.parse({ v: 1, at, ...entry }), index))
  const rows: unknown[][] = []
  tables.finish((file, row) => {
    if (file === 'population/access.csv') rows.push([...row])
  })
  expect(rows).toEqual([
    [at, 'access.rule', undefined, connection, 'priya', `${rule} “On call”, 60 minutes, approval by dba`, 0],
    [at, 'access.requested', 'mira', connection, undefined, `${request}, 30 minutes, INC-1, refunds`, 1],
    [at, 'access.granted', 'mira', connection, 'jonas', `${grant} for ${request}, ${times.startsAt} to ${times.endsAt}`, 2],
    [at, 'access.settled', 'mira', connection, 'jonas', `${request}, denied, agreed`, 3],
    [at, 'access.ended', 'mira', connection, 'priya', `${grant}, revoked, closed`, 4],
    [at, 'access.rule-removed', undefined, connection, 'priya', rule, 5],
  ])
  expect(rows.every((row) => row.length === populationColumns['population/access.csv'].length)).toBe(true)
})
