import { expect, test } from 'vitest'
import { describeMasks } from './describe-masks.ts'

const mask = (path: string, count: number, rule = 'pii', kind = 'field') => ({ rule, kind, path, count })

test('fields are named, values are added up, rules appear once', () => {
  const masks = [
    mask('/result/content/0/text#/*/customer_email', 21),
    mask('/result/content/0/text#/*/card_last', 21),
    mask('/result/content/0/text', 1, 'detect-email', 'email'),
  ]
  expect(describeMasks(masks)).toEqual({ rules: ['pii', 'detect-email'], sentence: '43 values masked: customer_email, card_last, email.' })
})

test('one value is a value, and many names are cut', () => {
  expect(describeMasks([mask('/a', 1)]).sentence).toBe('1 value masked: a.')
  expect(describeMasks(['/a', '/b', '/c', '/d', '/e'].map((path) => mask(path, 1))).sentence).toBe('5 values masked: a, b, c, 2 more.')
})
