/**
 * Server-sent events, read by the agent and written by the desktop, against the text of the standard (WHATWG HTML, 9.2.6) put down as
 * plainly as possible: a second reader that knows no chunks and no limits.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sseFrame } from '../../src-main/services/local-endpoint/sse-frame.ts'
import { createEventParser } from '../../src-node/event-parser.ts'
import { createLineSplitter } from '../../src-node/line-splitter.ts'
import type { MessageHead } from '../../src-protocol/tunnel.ts'

interface Read {
  head: MessageHead
  data: string
}

const runs = { numRuns: 500 }
const bytesOf = (text: string) => Buffer.from(text)
const asText = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

/** Cut at these places; the last piece may be empty. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => Buffer.from(bytes.subarray(at[index], end)))
}
const places = fc.array(fc.nat(10_000), { maxLength: 12 })

function readAll(chunks: readonly Buffer[], limit = 1_000_000): { events: Read[]; comments: number; overlong: number } {
  const seen = { events: [] as Read[], comments: 0, overlong: 0 }
  const parser = createEventParser({
    limit,
    onEvent: (head, data) => void seen.events.push({ head, data: asText(data) }),
    onComment: () => (seen.comments += 1),
    onOverlong: () => (seen.overlong += 1),
  })
  for (const chunk of chunks) parser.push(chunk)
  return seen
}

/** The standard, with the two differences that the reader declares: `id` and `retry` belong to their event, and make one without data. */
function standard(bytes: Buffer): Read[] {
  // one character for each byte: nothing is lost or joined by decoding
  const text = asText(bytes).replace(/^\xef\xbb\xbf/, '')
  const lines = text.split(/\r\n|\r|\n/).slice(0, -1)
  const events: Read[] = []
  let data: string[] = []
  let head: MessageHead = {}
  for (const line of lines) {
    if (line === '') {
      if (data.length > 0 || head.id !== undefined || head.retry !== undefined) events.push({ head, data: data.join('\n') })
      data = []
      head = {}
      continue
    }
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const name = colon < 0 ? line : line.slice(0, colon)
    const raw = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    const value = Buffer.from(raw, 'latin1').toString('utf8')
    if (name === 'data') data.push(raw)
    else if (name === 'event' && value === '') delete head.event
    else if (name === 'event') head.event = value
    else if (name === 'id' && !value.includes('\0')) head.id = value
    else if (name === 'retry' && /^\d{1,15}$/.test(value)) head.retry = Number(value)
  }
  return events
}

const lineEnd = fc.constantFrom('\n', '\n', '\r\n', '\r')
const line = fc
  .tuple(
    fc.constantFrom('data', 'data', 'data', 'event', 'id', 'retry', 'Data', 'dat', '', ' data', 'data '),
    fc.constantFrom(':', ': ', ':  ', ''),
    fc.oneof(
      fc.constantFrom('', '{"jsonrpc":"2.0"}', '5', 'message', 'a\0b', ': ', '\ufeff', '日本', ' '),
      fc.string({ maxLength: 6 }).map((text) => text.replaceAll(/[\r\n]/g, '')),
    ),
  )
  .map((parts) => parts.join(''))
const stream = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('', '', '\ufeff'), fc.array(fc.tuple(fc.oneof(line, fc.constant('')), lineEnd), { maxLength: 20 }), line)
      .map(([mark, lines, torn]) => bytesOf(mark + lines.flat().join('') + torn)),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(0x0a, 0x0d, 0x3a, 0x20, 0x64, 0x61, 0x74, 0xef, 0xbb, 0xbf, 0xff, 0x00), { maxLength: 60 })
      .map((bytes) => Buffer.from(bytes)),
  },
)

test('a stream is read as the standard says, wherever the network cut it', () => {
  fc.assert(
    fc.property(stream, places, (bytes, at) => {
      expect(readAll(cut(bytes, at)).events).toEqual(standard(bytes))
    }),
    runs,
  )
  fc.assert(
    fc.property(stream, (bytes) => {
      const each = Array.from(bytes, (byte) => Buffer.from([byte]))
      expect(readAll(each).events).toEqual(standard(bytes))
    }),
    runs,
  )
})

const noBreak = (text: string) => text.replaceAll(/[\r\n\0]/g, '')
const head: fc.Arbitrary<MessageHead> = fc.record(
  {
    id: fc.string({ unit: 'binary', maxLength: 5 }).map(noBreak),
    event: fc.string({ minLength: 1, maxLength: 5 }).map((text) => noBreak(text) || 'x'),
    retry: fc.nat(),
  },
  { requiredKeys: [] },
)
/** valid UTF-8, as every message is that the gateway let through */
const body = fc.oneof(
  fc.json().map(bytesOf),
  fc.json().map((json) => bytesOf(JSON.stringify(JSON.parse(json), null, 2))),
  fc.json().map((json) => bytesOf(JSON.stringify(JSON.parse(json), null, 2).replaceAll('\n', '\r\n'))),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => bytesOf(text)),
  fc.constantFrom('', ' ', '\n', '\r', '\r\n', '\n\n', ' {"a":1}', ':x', '\ufeff{}', '{"a":"\u2028"}\n').map(bytesOf),
)

test('what is written as an event is read as the same event: its very bytes, but for the kind of line break between JSON’s tokens', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(head, body), { maxLength: 5 }), places, (messages, at) => {
      const written = Buffer.concat(messages.map(([fields, bytes]) => sseFrame(fields, bytes)))
      const expected = messages.map(([fields, bytes]) => ({ head: fields, data: asText(bytes).replaceAll(/\r\n|\r/g, '\n') }))
      expect(readAll(cut(written, at)).events).toEqual(expected)
    }),
    runs,
  )
})

test('a head that would end its line is left out, and no event comes of it', () => {
  const evil = { id: '1\ndata: {"evil":1}\n\n', event: 'message\r\rdata: evil', retry: -1 }
  expect(readAll([sseFrame(evil, bytesOf('{}'))]).events).toEqual([{ head: {}, data: '{}' }])
})

test('an event above the limit is reported once, and nothing is read after it, however it is spread', () => {
  const spread = fc.tuple(fc.constantFrom('data', 'id', 'event', 'x'), fc.integer({ min: 1, max: 60 }))
  fc.assert(
    fc.property(fc.array(spread, { minLength: 1, maxLength: 30 }), places, (fields, at) => {
      const lines = fields.map(([name, length]) => `${name}: ${'v'.repeat(length)}`)
      const bytes = bytesOf(`${lines.join('\n')}\n\ndata: next\n\n`)
      const { events, overlong } = readAll(cut(bytes, at), 200)
      for (const { head: fields_, data } of events) {
        const size = data.length + (fields_.id?.length ?? 0) + (fields_.event?.length ?? 0)
        expect(size).toBeLessThanOrEqual(200)
      }
      expect(overlong).toBeLessThanOrEqual(1)
      expect(overlong === 1 ? events : events.slice(-1)).toEqual(overlong === 1 ? [] : [{ head: {}, data: 'next' }])
    }),
    runs,
  )
})

test('an id or a name that no header could bring back is not kept, whatever room there is for data', () => {
  const long = 'v'.repeat(9000)
  expect(readAll([bytesOf(`id: ${long}\ndata: {}\n\n`)])).toMatchObject({ events: [{ data: '{}' }], overlong: 0 })
  for (const fields of [`id: ${long}\nevent: ${long}\n`, `id: ${long}${long}\n`, `id: ${long}\nid: ${long}\n`])
    expect(readAll([bytesOf(`${fields}data: {}\n\n`)])).toEqual({ events: [], comments: 0, overlong: 1 })
})

test('lines of a server on stdio come out as they went in, wherever the pipe cut them', () => {
  const content = fc
    .oneof(
      fc.json(),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll(/[\n]/g, '')),
    )
    .map(bytesOf)
  fc.assert(
    fc.property(fc.array(fc.tuple(content, fc.constantFrom('\n', '\r\n', '\n\n')), { maxLength: 8 }), places, (lines, at) => {
      const bytes = Buffer.concat(lines.flatMap(([text, end]) => [text, bytesOf(end)]))
      const seen: string[] = []
      const splitter = createLineSplitter({
        limit: 10_000,
        onLine: (each) => void seen.push(asText(each)),
        onOverlong: () => expect.unreachable(),
      })
      for (const chunk of cut(bytes, at)) splitter.push(chunk)
      const expected = asText(bytes)
        .split('\n')
        .slice(0, -1)
        .map((each) => each.replace(/\r$/, ''))
        .filter((each) => each !== '')
      expect(seen).toEqual(expected)
    }),
    runs,
  )
})
