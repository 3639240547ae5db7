import { expect, test } from 'vitest'
import { noSearch, searchQueryOf } from './search-draft.ts'

const range = { from: '2026-11-15T00:00:00.000Z', until: '2026-11-20T00:00:00.000Z' }
const query = (change: Partial<typeof noSearch>) => searchQueryOf({ ...noSearch, ...change }, () => range)

test('an empty field restricts nothing', () => {
  expect(query({})).toEqual({})
  expect(query({ text: '  ', tool: ' ' })).toEqual({})
})

test('what is filled in is asked for, without the blanks around it', () => {
  expect(
    query({
      text: ' refund ',
      tool: ' query',
      rule: 'no-ddl',
      connection: 'orders-db ',
      person: 'u-7',
      verdict: 'denied',
      period: '7 days',
    }),
  ).toEqual({
    text: 'refund',
    tool: 'query',
    rule: 'no-ddl',
    connection: 'orders-db',
    person: 'u-7',
    verdict: 'denied',
    from: '2026-11-15T00:00:00.000Z',
    to: '2026-11-20T00:00:00.000Z',
  })
})

test('a connection that cannot be one is not dropped: everything would be found', () => {
  expect(query({ connection: 'Orders DB' })).toEqual({ connection: 'Orders DB' })
})
