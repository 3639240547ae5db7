import { expect, test } from 'vitest'
import type { Role } from '../../src-protocol/model.ts'
import { homeOf, mainRole, placesFor, roleTitle } from './places.ts'

test.for([
  [[], ['/recordings'], '/recordings', 'No role'],
  [['operator'], ['/connections', '/sessions', '/recordings'], '/connections', 'Operator'],
  [['reviewer'], ['/sessions', '/inbox', '/recordings', '/break-glass'], '/inbox', 'Reviewer'],
  [
    ['auditor'],
    [
      '/sessions',
      '/recordings',
      '/overview',
      '/controls',
      '/evidence',
      '/policies',
      '/masking',
      '/access',
      '/break-glass',
      '/people',
      '/retention',
    ],
    '/recordings',
    'Auditor',
  ],
  [
    ['administrator'],
    [
      '/connections',
      '/sessions',
      '/recordings',
      '/overview',
      '/controls',
      '/evidence',
      '/policies',
      '/masking',
      '/access',
      '/break-glass',
      '/people',
      '/retention',
      '/agents',
    ],
    '/connections',
    'Administrator',
  ],
] as const)('with the roles %j one finds %j', ([roles, paths, home, role]) => {
  expect(
    placesFor(roles as readonly Role[])
      .flat()
      .map((place) => place.path),
  ).toEqual(paths)
  expect(homeOf(roles as readonly Role[])).toBe(home)
  expect(mainRole(roles as readonly Role[])).toBe(role)
})

test('several roles are named, the one with the most to do first', () => {
  expect(roleTitle(['auditor', 'operator', 'administrator'])).toBe('Administrator, Operator, Auditor')
})
