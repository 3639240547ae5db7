import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MessageHead } from '../src-protocol/tunnel.ts'
import { createEventParser } from './event-parser.ts'

type Seen = [MessageHead, string] | 'comment' | 'overlong'

function parse(chunks: Buffer[], limit = 1000): Seen[] {
  const seen: Seen[] = []
  const parser = createEventParser({
    limit,
    // latin1, so that every byte is seen as it is
    onEvent: (head, data) => seen.push([head, data.toString('latin1')]),
    onComment: () => seen.push('comment'),
    onOverlong: () => seen.push('overlong'),
  })
  for (const chunk of chunks) parser.push(chunk)
  return seen
}

const cases: [string, string | Buffer, Seen[]][] = [
  ['one event', 'data: {"a":1}\n\n', [[{}, '{"a":1}']]],
  ['all fields', 'event: message\nid: 7\nretry: 500\ndata: x\n\n', [[{ event: 'message', id: '7', retry: 500 }, 'x']]],
  [
    'CRLF',
    'id: 1\r\ndata: x\r\n\r\ndata: y\r\n\r\n',
    [
      [{ id: '1' }, 'x'],
      [{}, 'y'],
    ],
  ],
  [
    'CR',
    'data: x\r\rdata: y\r\r',
    [
      [{}, 'x'],
      [{}, 'y'],
    ],
  ],
  ['line ends that differ', 'data: a\rdata: b\r\ndata: c\n\r\n', [[{}, 'a\nb\nc']]],
  ['several data lines', 'data: {\ndata:  "a": 1\ndata: }\n\n', [[{}, '{\n "a": 1\n}']]],
  ['only the first space goes', 'data:x\ndata:  y\n\n', [[{}, 'x\n y']]],
  ['comments', ': keep-alive\n\n:\ndata: x\n\n', ['comment', 'comment', [{}, 'x']]],
  ['a priming event', 'id: 3\nretry: 10\ndata:\n\n', [[{ id: '3', retry: 10 }, '']]],
  ['an id and a retry without data', 'id: 3\nretry: 10\n\n', [[{ id: '3', retry: 10 }, '']]],
  ['an event name without data is nothing', 'event: ping\n\ndata: x\n\n', [[{}, 'x']]],
  [
    'fields do not last',
    'id: 3\nevent: e\ndata: x\n\ndata: y\n\n',
    [
      [{ id: '3', event: 'e' }, 'x'],
      [{}, 'y'],
    ],
  ],
  ['unknown fields', 'color: red\ndata: x\nnothing\n\n', [[{}, 'x']]],
  ['a retry that is no number', 'retry: soon\ndata: x\n\n', [[{}, 'x']]],
  ['an id with NUL', 'id: a\0b\ndata: x\n\n', [[{}, 'x']]],
  ['an event that has not ended', 'data: x\n\ndata: y\n', [[{}, 'x']]],
  ['a byte order mark', '\uFEFFdata: x\n\n', [[{}, 'x']]],
  ['only one of them', '\uFEFF\uFEFFdata: x\n\ndata: y\n\n', [[{}, 'y']]],
  ['bytes that are not UTF-8', Buffer.from('data: \xff\xfe\n\n', 'latin1'), [[{}, '\xff\xfe']]],
  ['UTF-8 as bytes', 'data: Grüße\n\n', [[{}, Buffer.from('Grüße').toString('latin1')]]],
  ['empty data', 'data\n\n', [[{}, '']]],
]

describe('server-sent events', () => {
  test.for(cases)('%s', ([, text, expected]) => {
    expect(parse([Buffer.from(text)])).toEqual(expected)
  })

  test.for(cases)('%s, cut at every byte', ([, text, expected]) => {
    const bytes = Buffer.from(text)
    expect(parse([...bytes].map((byte) => Buffer.of(byte)))).toEqual(expected)
    for (let at = 0; at <= bytes.length; at += 1) expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected)
  })

  test('any stream, cut anywhere, is the same as in one piece', () => {
    const piece = fc.constantFrom(
      'data: x',
      'data',
      'id: 5',
      'retry: 9',
      ':c',
      'event: e',
      '\n',
      '\r',
      '\r\n',
      '\uFEFF',
      'ä',
      ' ',
      ':',
      '\0',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.array(fc.nat(400)), (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(''))
        const places = [0, ...cuts.filter((cut) => cut <= bytes.length).toSorted((a, b) => a - b), bytes.length]
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
        expect(parse(chunks)).toEqual(parse([bytes]))
      }),
    )
  })

  test('what was written as an event is read as it was', () => {
    const word = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n\0]/g, ''))
    const event = fc.record({ id: word, data: fc.array(word, { minLength: 1 }) })
    fc.assert(
      fc.property(fc.array(event), fc.constantFrom('\n', '\r', '\r\n'), (events, end) => {
        const text = events.map(({ id, data }) => [`id: ${id}`, ...data.map((line) => `data: ${line}`), '', ''].join(end)).join('')
        const expected = events.map(({ id, data }): Seen => [{ id }, Buffer.from(data.join('\n')).toString('latin1')])
        expect(parse([Buffer.from(text)], Infinity)).toEqual(expected)
      }),
    )
  })

  test.for([
    ['one line', `data: ${'x'.repeat(2000)}`],
    ['many lines', 'data: xxxxxxxx\n'.repeat(200)],
    ['one line within one chunk', `data: ${'x'.repeat(2000)}\n\n`],
  ])('an event above the limit is told once, and nothing after it is read: %s', ([, text]) => {
    expect(parse([Buffer.from(text ?? ''), Buffer.from('\n\ndata: after\n\n')])).toEqual(['overlong'])
  })
})
