import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pathFacts } from './path-facts.ts'

describe('the parts of a path', () => {
  test.each([
    ['/srv/data/report.csv', '/srv/data/report.csv', ['srv', 'data', 'report.csv']],
    ['/srv//data/./a/../report.csv', '/srv/data/report.csv', ['srv', 'data', 'report.csv']],
    ['data/report.csv', 'data/report.csv', ['data', 'report.csv']],
    ['a/../../secrets', '../secrets', ['..', 'secrets']],
    ['/../../etc/passwd', '/etc/passwd', ['etc', 'passwd']],
    ['..\\..\\Windows', '../../Windows', ['..', '..', 'Windows']],
    ['', '', []],
    ['/', '/', []],
  ])('%j', (text, normal, parts) => {
    expect(pathFacts(text)).toMatchObject({ text: normal, parts })
  })

  test('what leads above its beginning is told, also where the root stops it', () => {
    expect(pathFacts('a/../../b').climbs).toBe(true)
    expect(pathFacts('/../b').climbs).toBe(true)
    expect(pathFacts('/a/b/../c').climbs).toBe(false)
  })

  test('name and extension', () => {
    expect(pathFacts('/a/Report.CSV')).toMatchObject({ name: 'Report.CSV', extension: 'csv' })
    expect(pathFacts('/a/.env')).toMatchObject({ name: '.env', extension: '' })
    expect(pathFacts('/a/b/..')).toMatchObject({ name: 'a', extension: '' })
  })
})

test.each(['Secrets', 'SECRETS.', 'secrets ', 'ｓｅｃｒｅｔｓ', 'sec\u200brets', 'se\u00adcrets', 'secrets. .'])(
  '%j folds to secrets',
  (part) => {
    expect(pathFacts(`/data/${part}/key`).folded).toEqual(['data', 'secrets', 'key'])
  },
)

test.each([
  '~/notes',
  '~root/.ssh/id',
  'PROGRA~1/x',
  'C:\\data',
  'C:data',
  'file.txt::$DATA',
  'file:///etc/passwd',
  'a%2e%2e%2fb',
  'a\\b',
  '/data/secrets./key',
  '/data/secrets /key',
  'a\0b',
  'a\nb',
  'a\u202eb',
  'a\u200bb',
  '\ud800',
  '',
  'x'.repeat(5000),
  '/data/se?ret/key',
  '/data/*',
  '$HOME/x',
  '/data/${X}/y',
  '/data/`id`',
  '%APPDATA%/x',
  '//host/share',
  '/data/nul.txt',
  '/data/COM1',
  '/data/．．/etc',
  '/data/‥/etc',
  '/data/a／etc',
  '/data/a∕etc',
])('%j is in doubt', (text) => {
  expect(pathFacts(text).doubtful).toBe(true)
})

test.each([
  '/srv/data/report.csv',
  'a/../b',
  './a',
  '..',
  '/',
  'Zürich/Straße',
  '日本/東京',
  '.env',
  'a.b.c',
  '100% sure',
  'routes/$id.tsx',
  'A$B.class',
  '[id].tsx',
  'console/nullable',
  'wait…',
  'a：b',
])('%j is not in doubt', (text) => {
  expect(pathFacts(text).doubtful).toBe(false)
})

test('no part ever holds a separator, and `..` stands only in front of a relative path', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '.', '/', '\\', ' ', '~', '%2e', '\0') }), (text) => {
      const { parts, absolute } = pathFacts(text)
      expect(parts.every((part) => !/[\\/]/.test(part) && part !== '' && part !== '.')).toBe(true)
      const climbing = parts.findLastIndex((part) => part === '..') + 1
      expect(parts.slice(0, climbing).every((part) => part === '..')).toBe(true)
      if (absolute) expect(climbing).toBe(0)
    }),
  )
})

test('a long path of dots is read in time that grows with its length', () => {
  expect(pathFacts(`${'../'.repeat(1300)}x`).parts.length).toBe(1301)
})
