import { expect, test } from 'vitest'
import { decideUserData, nextUserData } from './user-data.ts'

const decide = (argv: string[], env: NodeJS.ProcessEnv = {}) =>
  decideUserData({ argv, env, defaultFolder: '/home/a/.config/Gatehouse', cwd: '/cwd' })

test.for([
  [[], {}, '/home/a/.config/Gatehouse'],
  [['--profile', 'reviewer'], {}, '/home/a/.config/Gatehouse-reviewer'],
  [['--profile=reviewer'], {}, '/home/a/.config/Gatehouse-reviewer'],
  [['--user-data-dir=/data/x'], {}, '/data/x'],
  [['--user-data-dir', 'data'], {}, '/cwd/data'],
  [['--user-data-dir=/data/x', '--profile=reviewer'], {}, '/data/x'],
  [['--user-data-dir=/data/x'], { GATEHOUSE_USER_DATA: '/data/y' }, '/data/y'],
] as const)('%j with %j keeps its files in %s', ([argv, env, folder]) => {
  expect(decide([...argv], env)).toEqual({ ok: true, folder })
})

test.for([
  [['--profile', '../other'], {}, 'profile-name'],
  [['--profile='], {}, 'profile-name'],
  [['--profile'], {}, 'profile-name'],
  [['--user-data-dir='], {}, 'empty-folder'],
  [[], { GATEHOUSE_USER_DATA: '' }, 'empty-folder'],
] as const)('%j with %j is refused: %s', ([argv, env, reason]) => {
  expect(decide([...argv], env)).toEqual({ ok: false, reason })
})

test.for([
  ['/a/Gatehouse', '/a/Gatehouse-2'],
  ['/a/Gatehouse-2', '/a/Gatehouse-3'],
  ['/a/Gatehouse-reviewer', '/a/Gatehouse-reviewer-2'],
] as const)('another profile than %s is %s', ([folder, next]) => {
  expect(nextUserData(folder)).toBe(next)
})
