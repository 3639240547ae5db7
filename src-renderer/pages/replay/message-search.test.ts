import { expect, test } from 'vitest'
import { stepSearch } from './message-search.ts'

test('the first text is asked for at once, and shown when its answer is there', () => {
  expect(stepSearch({ wanted: 'r', asked: '', answered: '', answer: 'waiting' })).toEqual({ asked: 'r', answered: '', searching: true })
  expect(stepSearch({ wanted: 'r', asked: 'r', answered: '', answer: 'waiting' })).toEqual({ asked: 'r', answered: '', searching: true })
  expect(stepSearch({ wanted: 'r', asked: 'r', answered: '', answer: 'here' })).toEqual({ asked: 'r', answered: 'r', searching: false })
})

test('what is typed meanwhile is asked when the answer is there: one question at a time, and the last text wins', () => {
  const typing = stepSearch({ wanted: 'refunds', asked: 'r', answered: '', answer: 'waiting' })
  expect(typing).toEqual({ asked: 'r', answered: '', searching: true })
  expect(stepSearch({ wanted: 'refunds', ...typing, answer: 'here' })).toEqual({ asked: 'refunds', answered: 'r', searching: true })
})

test('until the next answer is there, the matches and what is marked are those of the text before', () => {
  expect(stepSearch({ wanted: 'refunds', asked: 'refunds', answered: 'r', answer: 'waiting' })).toMatchObject({
    answered: 'r',
    searching: true,
  })
})

test('an emptied field shows everything at once, and what was searched before it is not shown for what comes after', () => {
  const emptied = stepSearch({ wanted: '', asked: 'refunds', answered: 'refunds', answer: 'here' })
  expect(emptied).toEqual({ asked: '', answered: '', searching: false })
  expect(stepSearch({ wanted: 'o', ...emptied, answer: 'waiting' })).toEqual({ asked: 'o', answered: '', searching: true })
})

test('a search that failed marks nothing, and the next text is asked', () => {
  expect(stepSearch({ wanted: 'r', asked: 'r', answered: 'q', answer: 'failed' })).toEqual({ asked: 'r', answered: '', searching: false })
  expect(stepSearch({ wanted: 're', asked: 'r', answered: 'q', answer: 'failed' }).asked).toBe('re')
})
