import { expect, test } from 'vitest'
import { createGroupMembership } from './group-membership.ts'

const person = (groups: string[]) => ({ sub: 'jonas', name: 'Jonas', groups, roles: [] })

test('a group that somebody gained is known since then; those they always had are not', () => {
  const membership = createGroupMembership()
  membership.heard(person(['reviewers']), '2026-11-22T16:00:00.000Z')
  expect(membership.since('jonas')).toEqual({})
  membership.heard(person(['reviewers', 'dba']), '2026-11-22T16:10:00.000Z')
  expect(membership.since('jonas')).toEqual({ dba: '2026-11-22T16:10:00.000Z' })
})

test('whoever leaves a group and joins it again has joined it anew', () => {
  const membership = createGroupMembership()
  for (const [groups, at] of [
    [['dba'], '2026-11-22T16:00:00.000Z'],
    [[], '2026-11-22T16:10:00.000Z'],
    [['dba'], '2026-11-22T16:20:00.000Z'],
  ] as const)
    membership.heard(person([...groups]), at)
  expect(membership.since('jonas')).toEqual({ dba: '2026-11-22T16:20:00.000Z' })
})
