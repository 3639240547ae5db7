import { expect, test } from 'vitest'
import type { MessageRecord } from '../../../src-protocol/recording.ts'
import { argumentsOf } from './message-content.ts'

const request = (body: string): MessageRecord => ({
  v: 1,
  seq: 1,
  at: '2026-11-19T13:02:00.000Z',
  kind: 'request',
  direction: 'client',
  exchange: 1,
  method: 'tools/call',
  body,
  bytes: body.length,
  sha256: '0'.repeat(64),
  maskingVersion: '',
  masks: [],
})

test('SQL is found under the names that servers give it', () => {
  const body = JSON.stringify({ params: { arguments: { limit: 1, query: 'SELECT 1' } } })
  expect(argumentsOf(request(body))).toEqual({
    language: 'sql',
    text: 'SELECT 1',
    raw: '{"limit":1,"query":"SELECT 1"}',
    path: '/params/arguments/query',
  })
})

test('other arguments are JSON', () => {
  expect(argumentsOf(request('{"params":{"arguments":{"path":"/etc"}}}'))).toMatchObject({
    language: 'json',
    text: '{\n  "path": "/etc"\n}',
  })
})

test.for([['{"params":{}}'], ['not json'], ['[]'], ['{"params":{"arguments":{"sql":7}}}', 'json']] as const)('%s', ([body, language]) => {
  expect(argumentsOf(request(body))?.language).toBe(language)
})
