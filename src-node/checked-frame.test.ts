import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frameType, messageHead, openHead, responseHead, type FrameType } from '../src-protocol/tunnel.ts'
import { checkRequestFrame, checkResponseFrame } from './checked-frame.ts'

const frame = (type: FrameType, head: unknown) => ({ type, exchange: 1, head, body: new Uint8Array() })
const headers = fc.oneof(
  fc.dictionary(fc.constantFrom('accept', 'mcp-session-id', 'toString', '__proto__'), fc.constantFrom('a', '')),
  fc.dictionary(fc.constantFrom('accept', 'mcp-session-id'), fc.constantFrom<unknown>('a', 1, null, ['a'], {})),
  fc.constantFrom<unknown>(undefined, null, 1, 'a', ['a'], []),
)
const sessions = fc.constantFrom<unknown>(
  'ses_AAAAAAAAAAAAAAAA',
  'ses_BBBBBBBBBBBBBBBB',
  'ses_AAAAAAAAAAAAAAA',
  'ses_AAAAAAAAAAAAAAAA\n',
  '',
  1,
  undefined,
  ['ses_AAAAAAAAAAAAAAAA'],
)
const more = { extra: fc.constantFrom<unknown>(1, 'a') }
const optional = { requiredKeys: [] as never[] }
const opens = fc.record(
  { session: sessions, method: fc.constantFrom<unknown>('GET', 'POST', 'DELETE', 'PUT', 1, ['GET']), headers, ...more },
  optional,
)
const responses = fc.record(
  { status: fc.constantFrom<unknown>(199, 200, 202, 599, 600, 200.5, Number.NaN, '200', null), headers, ...more },
  optional,
)
const messages = fc.record(
  { id: fc.constantFrom<unknown>('a', 1), event: fc.constantFrom<unknown>('a', null), retry: fc.constantFrom<unknown>(1, 'a'), ...more },
  optional,
)
const odd = fc.constantFrom<unknown>(null, undefined, [], 1, 'a', [1, 2, 3])
/** as the wire has them */
const received = (head: unknown): unknown => (head === undefined ? undefined : JSON.parse(JSON.stringify(head)))

describe('heads that are checked without their schema', () => {
  const cases = [
    { name: 'open', heads: fc.oneof(opens, odd), type: frameType.open, schema: openHead, check: checkRequestFrame },
    { name: 'head', heads: fc.oneof(responses, odd), type: frameType.head, schema: responseHead, check: checkResponseFrame },
    { name: 'message', heads: fc.oneof(messages, odd), type: frameType.message, schema: messageHead, check: checkResponseFrame },
  ]
  test.for(cases)('$name is what the schema says', ({ heads, type, schema, check }) => {
    fc.assert(
      fc.property(heads, (made) => {
        const head = received(made)
        const expected = schema.safeParse(head)
        const checked = check(frame(type, head))
        expect(checked !== undefined).toBe(expected.success)
        if (checked && 'head' in checked) expect(checked.head).toEqual(expected.data)
      }),
      { numRuns: 3000 },
    )
  })
})
