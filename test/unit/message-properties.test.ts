/**
 * The strict parser against messages written by an adversary: JSON spelt in every way that JSON allows. The generator knows what is
 * wrong with each text because it put it there, not because it parsed it.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadMasking } from '../../src-core/masking/load-masking.ts'
import { maskParsed } from '../../src-core/masking/mask-message.ts'
import { parseMessage } from '../../src-core/json/parse-message.ts'

type Flaw = 'MESSAGE_DUPLICATE_KEY' | 'MESSAGE_NUMBER_UNSAFE' | 'MESSAGE_TOO_DEEP'

interface Written {
  text: string
  flaws: Set<Flaw>
  depth: number
}

const maxDepth = 8
const limits = { maxBytes: 1_000_000, maxDepth }
const runs = { numRuns: 400 }

const space = fc.constantFrom('', '', '', ' ', '\n', '\r\n', '\t', ' \r ')
/** U+2028 and U+0085 end lines for some readers, U+FEFF is a byte order mark at the start only, U+0000 ends a text in C */
const character = fc.oneof(
  fc.constantFrom('a', 'é', '日', '😀', '\u2028', '\u0085', '\ufeff', '\u007f', ':', '{', ']', ',', '='),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 2 }),
)
const hex = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`
/** a character as itself, or escaped; some only exist escaped */
const spelt = fc.oneof(
  { weight: 4, arbitrary: character.map((raw) => JSON.stringify(raw).slice(1, -1)) },
  {
    weight: 2,
    arbitrary: character.map((raw) =>
      raw
        .split('')
        .map((unit) => hex(unit.charCodeAt(0)))
        .join(''),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('\\"', '\\\\', '\\/', '\\b', '\\n', '\\u0000', '\\uD800', '\\udfff', '\\ud83d\\uDE00', '\\uFEFF'),
  },
)
const stringToken = fc.array(spelt, { maxLength: 5 }).map((parts) => `"${parts.join('')}"`)
/** few names, each in several spellings, so that they meet */
const nameToken = fc.oneof(
  fc.constantFrom(
    '"a"',
    '"\\u0061"',
    '"\\u0041"',
    '"A"',
    '"id"',
    '"__proto__"',
    '"constructor"',
    '"\\ud800"',
    '"\\uD800"',
    '"a\\u0000"',
    '""',
  ),
  stringToken,
)

const leaf = (text: string, ...flaws: Flaw[]): Written => ({ text, flaws: new Set(flaws), depth: 0 })
const scalar = fc.oneof(
  stringToken.map((text) => leaf(text)),
  fc
    .constantFrom('0', '-0', '1.5', '1E2', '1e-400', '0.1', '-7', '9007199254740991', '-9007199254740991', 'true', 'false', 'null')
    .map((text) => leaf(text)),
  fc
    .constantFrom(
      '9007199254740992',
      '9007199254740993',
      '-9007199254740993',
      '1e400',
      '-1E+400',
      '1e308000',
      '123456789012345678901234567890',
      '9007199254740993.0',
    )
    .map((text) => leaf(text, 'MESSAGE_NUMBER_UNSAFE')),
)

function joined(parts: Written[], text: string, ...more: Flaw[]): Written {
  const flaws = new Set([...more, ...parts.flatMap((part) => [...part.flaws])])
  return { text, flaws, depth: 1 + Math.max(0, ...parts.map(({ depth }) => depth)) }
}

const { value } = fc.letrec<{ value: Written; list: Written; object: Written }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthIdentifier: 'json' },
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: tie('list') },
    { weight: 2, arbitrary: tie('object') },
  ),
  list: fc.array(fc.tuple(space, tie('value'), space), { maxLength: 3, depthIdentifier: 'json' }).map((items) =>
    joined(
      items.map(([, item]) => item),
      `[${items.map(([before, { text }, after]) => before + text + after).join(',')}]`,
    ),
  ),
  object: fc.array(fc.tuple(space, nameToken, space, tie('value')), { maxLength: 3, depthIdentifier: 'json' }).map((members) => {
    const names = members.map(([, name]) => JSON.parse(name) as string)
    const text = `{${members.map(([before, name, between, { text: inner }]) => `${before}${name}${between}:${between}${inner}${before}`).join(',')}}`
    const twice = new Set(names).size < names.length
    return joined(
      members.map(([, , , inner]) => inner),
      text,
      ...(twice ? (['MESSAGE_DUPLICATE_KEY'] as const) : []),
    )
  }),
}))

/** The nesting of a message is that of its arguments and of the two objects around them. */
function expectedOf({ flaws, depth }: Written): Set<string> {
  return new Set<string>([...flaws, ...(depth + 2 > maxDepth + 1 ? (['MESSAGE_TOO_DEEP'] as const) : [])])
}

test('a message is parsed as it was written, or refused for what is wrong with it', () => {
  fc.assert(
    fc.property(value, space, stringToken, (args, gap, id) => {
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
    value.map(({ text }) => Buffer.from(text)),
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

test('what tells which call a message belongs to stays as it is, whatever it looks like', () => {
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
      ])
        expect(JSON.parse(masked(message))).toEqual(message)
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
  ])
    expect(masked(message)).not.toContain(card)
})
