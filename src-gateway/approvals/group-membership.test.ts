import Database from 'better-sqlite3'
import { beforeEach, expect, test } from 'vitest'
import { createGroupMembership, type GroupMembership } from './group-membership.ts'

const person = (groups: string[]) => ({ sub: 'jonas', name: 'Jonas', groups, roles: [] })
let database: Database.Database
let membership: GroupMembership

beforeEach(() => {
  database = new Database(':memory:')
  membership = createGroupMembership(database, new Date('2026-11-22T16:00:00.000Z'))
  return () => database.close()
})

test('a group that somebody gained is known since then; those they always had are not', () => {
  membership.heard(person(['reviewers']), '2026-11-22T16:00:00.000Z')
  expect(membership.since('jonas')).toEqual({})
  membership.heard(person(['reviewers', 'dba']), '2026-11-22T16:10:00.000Z')
  expect(membership.since('jonas')).toEqual({ dba: '2026-11-22T16:10:00.000Z' })
})

test('whoever leaves a group and joins it again has joined it anew', () => {
  for (const [groups, at] of [
    [['dba'], '2026-11-22T16:00:00.000Z'],
    [[], '2026-11-22T16:10:00.000Z'],
    [['dba'], '2026-11-22T16:20:00.000Z'],
  ] as const)
    membership.heard(person([...groups]), at)
  expect(membership.since('jonas')).toEqual({ dba: '2026-11-22T16:20:00.000Z' })
})

test('a gateway that is started again remembers it, for as long as a request can wait', () => {
  membership.heard(person([]), '2026-11-22T16:00:00.000Z')
  membership.heard(person(['dba']), '2026-11-22T16:10:00.000Z')
  const again = createGroupMembership(database, new Date('2026-11-29T16:10:00.000Z'))
  again.heard(person(['dba']), '2026-11-29T16:10:00.000Z')
  expect(again.since('jonas')).toEqual({ dba: '2026-11-22T16:10:00.000Z' })
  expect(createGroupMembership(database, new Date('2026-12-01T16:10:00.000Z')).since('jonas')).toEqual({})
})
