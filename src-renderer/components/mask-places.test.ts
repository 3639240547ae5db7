import { expect, test } from 'vitest'
import { MaskPlaces, pointerStep } from './mask-places.ts'

const places = new MaskPlaces([
  { rule: 'detect-card', kind: 'card', path: '/result/rows/*/note', count: 2 },
  { rule: 'pii-fields', kind: 'name', path: '/result/rows/*/full_name', count: 3 },
  { rule: 'detect-email', kind: 'email', path: '/result/content/*/text#/to', count: 1 },
])

test('a token is a chip that names its rule', () => {
  expect(places.cut('/result/rows/*/note', 'card [MASKED:card], twice [MASKED:card]')).toEqual([
    { text: 'card ' },
    { kind: 'card', rule: 'detect-card' },
    { text: ', twice ' },
    { kind: 'card', rule: 'detect-card' },
  ])
})

test.for([
  ['at another place', '/result/rows/*/id'],
  ['inside nested JSON, but recorded outside', '/result/rows/*/note#'],
])('a token that no record attests stays text: %s', ([, path]) => {
  expect(places.cut(path ?? '', '[MASKED:card]')).toEqual([{ text: '[MASKED:card]' }])
})

test('a token of another kind at a masked place stays text', () => {
  expect(places.cut('/result/rows/*/note', '[MASKED:iban]')).toEqual([{ text: '[MASKED:iban]' }])
})

test('masks are counted below a place, also inside nested JSON', () => {
  expect(places.below('/result')).toBe(6)
  expect(places.below('/result/rows')).toBe(5)
  expect(places.below('/result/content/*/text')).toBe(1)
  expect(places.below('/res')).toBe(0)
  expect(places.total).toBe(6)
})

test('steps are escaped', () => {
  expect(pointerStep('a/b~c')).toBe('/a~1b~0c')
})
