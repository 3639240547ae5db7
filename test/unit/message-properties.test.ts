/** The strict parser, and masking, against messages written by an adversary: JSON spelt in every way that JSON allows. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadMasking } from '../../src-core/masking/load-masking.ts'
import { maskParsed } from '../../src-core/masking/mask-message.ts'
import { maskRpc, type MessageNames } from '../../src-core/masking/mask-rpc.ts'
import { parseMessage } from '../../src-core/json/parse-message.ts'
import { jsonSpace, jsonText, stringToken, type Written } from '../fixtures/json-text.ts'

const maxDepth = 8
const limits = { maxBytes: 1_000_000, maxDepth }
const runs = { numRuns: 400 }

/** The nesting of a message is that of its arguments and of the two objects around them. */
function expectedOf({ flaws, depth }: Written): Set<string> {
  return new Set<string>([...flaws, ...(depth + 2 > maxDepth + 1 ? (['MESSAGE_TOO_DEEP'] as const) : [])])
}

test('a message is parsed as it was written, or refused for what is wrong with it', () => {
  fc.assert(
    fc.property(jsonText, jsonSpace, stringToken, (args, gap, id) => {
      const text = `${gap}{"jsonrpc":"2.0",${gap}"id":${id},"method":"tools/call","params":{"name":"x",${gap}"arguments":${gap}${args.text}${gap}}}${gap}`
      const bytes = Buffer.from(text)
      const parsed = parseMessage(bytes, limits)
      const expected = expectedOf(args)
      if (!parsed.ok) {
        expect([...expected]).toContain(parsed.code)
        return
      }
      expect([...expected]).toEqual([])
      const { argumentsSpan: span, id: parsedId } = parsed.message
      expect(parsedId).toBe(JSON.parse(id))
      // the very bytes: these are what is hashed for an approval, and what the server gets
      expect(bytes.subarray(span?.start, span?.end).toString()).toBe(args.text)
      expect(parsed.text).toBe(text)
    }),
    runs,
  )
})

test('whatever the bytes are: never a throw, never two readings', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('{', '}', '[', ']', '"', ',', ':', '\\u00', '"id":', '"method":"a"', '"jsonrpc":"2.0"', '1', 'e999', '\ufeff', '\ud800')
      .map((text) => Buffer.from(text)),
    jsonText.map(({ text }) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const bytes = Buffer.concat(pieces)
      const parsed = parseMessage(bytes, limits)
      if (!parsed.ok) return
      // what was accepted is read the same by a reader that keeps the first of two names, for there are no two
      expect(Buffer.from(parsed.text).equals(bytes)).toBe(true)
      expect(JSON.parse(parsed.text)).toMatchObject({ jsonrpc: '2.0' })
    }),
    runs,
  )
})

test('a byte order mark, a line separator of another alphabet, a text that ends early: refused', () => {
  const good = '{"jsonrpc":"2.0","id":1,"method":"a"}'
  expect(parseMessage(Buffer.from(good), limits).ok).toBe(true)
  for (const bad of [`\ufeff${good}`, `${good}\u2028`, `\u00a0${good}`, `${good}\0`, `${good}${good}`, good.slice(0, -1), `${good},`])
    expect(parseMessage(Buffer.from(bad), limits)).toMatchObject({ ok: false, code: 'MESSAGE_NOT_JSON' })
})

test('nesting has no end that could break a parser', () => {
  for (const open of ['[', '{"a":']) {
    const nested = open.repeat(100_000) + '1' + (open === '[' ? ']' : '}').repeat(100_000)
    const text = `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":${nested}}}`
    expect(parseMessage(Buffer.from(text), limits)).toMatchObject({ ok: false, code: 'MESSAGE_TOO_DEEP' })
  }
})

const everything = loadMasking(`version: 1
rules:
  - { id: all, detect: [card, iban, email, ssn, phone, ip, secret, national-id], because: Nothing of this leaves. }
  - { id: named, fields: [id, progressToken], because: These fields are people's. }
`)
if (!everything.ok) throw new Error(JSON.stringify(everything.problems))
const { masking } = everything
const masked = (message: object) => maskParsed(masking, JSON.stringify(message), { connection: 'db' }).text

test('what tells which call a message belongs to is delivered as it is, whatever it looks like', () => {
  // numbers of cards, and of accounts: random ids meet them every now and then, and a call whose id is changed waits for ever
  const id = fc.oneof(
    fc.constantFrom<string | number>('DE89370400440532013000', 4111111111111111, 'req-4111111111111111', 'a@example.com', '10.0.0.1'),
    fc.uuid(),
    fc.maxSafeNat(),
  )
  fc.assert(
    fc.property(id, (key) => {
      for (const message of [
        { jsonrpc: '2.0', id: key, result: {} },
        { jsonrpc: '2.0', id: key, method: 'roots/list' },
        { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: key, progress: 1 } },
        { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: key } },
      ]) {
        const { delivered, text } = maskRpc(masking, JSON.stringify(message), { connection: 'db' }, message as MessageNames)
        expect(JSON.parse(delivered ?? text)).toEqual(message)
      }
    }),
    runs,
  )
})

test('and nothing else of the same name does', () => {
  const card = '4111111111111111'
  for (const message of [
    { jsonrpc: '2.0', id: 1, result: { id: card } },
    { jsonrpc: '2.0', id: 1, result: { params: { progressToken: card } } },
    { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: JSON.stringify({ id: card, params: { requestId: card } }) }] } },
    { jsonrpc: '2.0', method: 'n', params: { progressToken: [card], more: { progressToken: card, requestId: card } } },
    { jsonrpc: '2.0', method: 'n', params: { id: { id: card } } },
    { jsonrpc: '2.0', method: 'notifications/message', params: { progressToken: card, requestId: card } },
  ])
    expect(masked(message)).not.toContain(card)
})
