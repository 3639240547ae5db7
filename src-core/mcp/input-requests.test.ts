import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../json/json-value.ts'
import { inputMethodsAnswered, inputRequestsOf } from './input-requests.ts'

describe('the requests of a result', () => {
  test('are told by key, method and params', () => {
    const inputRequests = { a: { method: 'elicitation/create', params: { message: 'Who?' } }, b: { method: 'roots/list' } }
    expect(inputRequestsOf({ resultType: 'input_required', inputRequests })).toEqual([
      { key: 'a', method: 'elicitation/create', params: { message: 'Who?' } },
      { key: 'b', method: 'roots/list', params: undefined },
    ])
  })
  test('are found whatever the result says it is', () => {
    expect(inputRequestsOf({ resultType: 'complete', inputRequests: { a: { method: 'roots/list' } } })).toHaveLength(1)
  })
  test.for<[string, JsonValue]>([
    ['a result without any', { content: [] }],
    ['a result that is none', null],
    ['a list', [{ inputRequests: {} }]],
  ])('%s', ([, result]) => {
    expect(inputRequestsOf(result)).toBeUndefined()
  })
  test.for<[string, JsonValue]>([
    ['a list of requests', [{ method: 'roots/list' }]],
    ['null', null],
    ['a request that is none', { a: 'roots/list' }],
    ['a request without a method', { a: { params: {} } }],
    ['a method that is no text', { a: { method: 7 } }],
    ['params as a list', { a: { method: 'roots/list', params: [] } }],
    ['a second method in capitals', { a: { method: 'roots/list', Method: 'sampling/createMessage' } }],
    ['one good and one bad', { a: { method: 'roots/list' }, b: {} }],
  ])('cannot be decided about: %s', ([, inputRequests]) => {
    expect(inputRequestsOf({ inputRequests })).toBe('malformed')
  })
})

test.for<[string, JsonValue | undefined, string[]]>([
  ['none', undefined, []],
  ['an elicitation', { a: { action: 'accept', content: { name: 'x' } } }, ['elicitation/create']],
  ['a completion', { a: { role: 'assistant', model: 'm', content: {} } }, ['sampling/createMessage']],
  ['roots', { a: { roots: [] } }, ['roots/list']],
  ['two of them', { a: { roots: [] }, b: { action: 'decline' }, c: { roots: [] } }, ['roots/list', 'elicitation/create']],
  ['one that is two at once', { a: { action: 'accept', roots: [] } }, ['elicitation/create', 'roots/list']],
  ['a form that nobody knows', { a: {} }, ['elicitation/create', 'sampling/createMessage', 'roots/list']],
  ['no object', ['x'], ['elicitation/create', 'sampling/createMessage', 'roots/list']],
])('what answers of a client are about: %s', ([, inputResponses, methods]) => {
  expect(inputMethodsAnswered(inputResponses === undefined ? {} : { inputResponses })).toEqual(methods)
})
