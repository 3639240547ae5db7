import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { createTag } from './create-tag.ts'
import { loadMasking, type Masking } from './load-masking.ts'
import { maskMessage, maskText } from './mask-message.ts'

const card = '4111111111111111'
const iban = 'DE89370400440532013000'

function load(...rules: string[]): Masking {
  const lines = rules.map((rule, at) => `  - { id: r${at}, because: It is not for everybody., ${rule} }`)
  const loaded = loadMasking(`version: 1\nrules:\n${lines.join('\n')}\n`)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.masking
}
const tag = createTag(new Uint8Array(32))
const target = { connection: 'db', tag }
const mask = (masking: Masking, value: unknown) => JSON.parse(maskMessage(masking, JSON.stringify(value), target).text) as unknown
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const tagOf = (masking: Masking, value: unknown): string | undefined => /#([a-z2-7]{6})\]/.exec(JSON.stringify(mask(masking, value)))?.[1]

describe('partial', () => {
  const cards = load('detect: [card, email], action: partial')
  const field = load('fields: [account], action: partial')

  test.for([
    ['a value', `card ${card}!`, 'card [MASKED:card …1111]!'],
    ['a value with separators', '4111 1111-1111 1111', '[MASKED:card …1111]'],
    ['a number', Number(card), '[MASKED:card …1111]'],
    ['full-width digits', '４１１１１１１１１１１１１１１１', '[MASKED:card …1111]'],
    ['JSON inside a string', JSON.stringify({ card }), '{"card":"[MASKED:card …1111]"}'],
    ['base64', `x ${base64(`card ${card}`)}`, 'x [MASKED:card …1111]'],
    ['two values in one base64 word', base64(`${card} and 5555555555554444`), '[MASKED:card]'],
    ['a short value', 'a@b.de', '[MASKED:email]'],
    ['a value as a name', { [card]: 1 }, { '[MASKED:card …1111]': 1 }],
  ] as const)('keeps the end of %s', ([, value, expected]) => expect(mask(cards, value)).toEqual(expected))

  test.for([
    ['a string', 'AB-1234-5678', '[MASKED:account …5678]'],
    ['a short string', 'AB-12-34', '[MASKED:account]'],
    ['a number', 123456789, '[MASKED:account …6789]'],
    ['an object', { number: 12345678 }, '[MASKED:account]'],
    ['a list', ['12345678'], '[MASKED:account]'],
    ['JSON in a string', '{"number":12345678}', '[MASKED:account]'],
    ['null', null, null],
  ] as const)('of a field that is %s', ([, account, expected]) => expect(mask(field, { account })).toEqual({ account: expected }))

  test.for([
    ['secret', 'detect: [card, secret], action: partial', 'a secret cannot be masked in part'],
    ['words', 'words: [Blue Heron], action: partial', 'words cannot be masked in part'],
  ] as const)('is refused for %s', ([, rule, message]) => {
    const text = `version: 1\nrules:\n  - { id: a, because: why not, ${rule} }\n`
    expect(loadMasking(text)).toMatchObject({
      ok: false,
      problems: [{ path: 'rules.0.action', line: 3, message: expect.stringContaining(message) }],
    })
  })
})

describe('tag', () => {
  const cards = load('detect: [card, email], action: tag')

  test('is the same for the same value, however it is written, and another one for another value', () => {
    const one = tagOf(cards, card)
    expect(one).toMatch(/^[a-z2-7]{6}$/)
    for (const same of [
      '4111 1111 1111 1111',
      Number(card),
      `x ${card}`,
      base64(`card ${card}`),
      { a: JSON.stringify([card]) },
      { [card]: 1 },
    ])
      expect(tagOf(cards, same)).toBe(one)
    expect(tagOf(cards, '5555555555554444')).not.toBe(one)
    expect(tagOf(cards, 'Ada@acme.example')).toBe(tagOf(cards, 'ada@ACME.example'))
    expect(tagOf(cards, 'a-da@acme.example')).not.toBe(tagOf(cards, 'ada@acme.example'))
  })

  test('a field has the tag that the value has elsewhere', () => {
    expect(tagOf(load('fields: [number], action: tag'), { number: '4111-1111-1111-1111' })).toBe(tagOf(cards, card))
  })

  test('another key gives another tag, and no key none', () => {
    const text = JSON.stringify(card)
    const other = maskMessage(cards, text, { ...target, tag: createTag(new Uint8Array(32).fill(1)) }).text
    expect(other).toMatch(/^"\[MASKED:card #[a-z2-7]{6}\]"$/)
    expect(other).not.toBe(maskMessage(cards, text, target).text)
    expect(maskMessage(cards, text, { connection: 'db' }).text).toBe('"[MASKED:card]"')
  })

  test('no tag in a thousand values is that of two', () => {
    expect(new Set(Array.from({ length: 1000 }, (_, at) => tag(`value ${at}`))).size).toBe(1000)
  })
})

describe('drop', () => {
  const cards = load('detect: [card], action: drop')

  test.for([
    ['a string', { note: `card ${card} of Ada` }, { note: '[DROPPED:card]' }],
    ['an element', ['a', card], ['a', '[DROPPED:card]']],
    ['a number', Number(card), '[DROPPED:card]'],
    ['JSON inside a string', JSON.stringify({ a: `x ${card}`, b: 1 }), '{"a":"[DROPPED:card]","b":1}'],
    ['base64', `a ${base64(`card ${card}`)} b`, '[DROPPED:card]'],
    ['a name', { [`x ${card}`]: 1 }, { '[DROPPED:card]': 1 }],
  ] as const)('takes all of %s away', ([, value, expected]) => expect(mask(cards, value)).toEqual(expected))

  test('is counted under its rule', () => {
    expect(maskMessage(cards, JSON.stringify({ a: `${card} ${card}` }), target).masks).toEqual([
      { rule: 'r0', kind: 'card', path: '/a', count: 1 },
    ])
  })
})

describe('block', () => {
  const cards = load('detect: [card], action: block')
  const blocked = expect.objectContaining({ code: 'MESSAGE_BLOCKED', data: { rule: 'r0', because: 'It is not for everybody.' } })

  test.for([
    ['a string', { note: `card ${card}` }],
    ['a number', Number(card)],
    ['JSON inside a string', JSON.stringify({ a: [card] })],
    ['base64', base64(`card ${card}`)],
    ['a name', { [card]: 1 }],
  ] as const)('withholds a message with %s', ([, value]) => {
    expect(() => mask(cards, value)).toThrow(blocked)
    expect(() => mask(cards, value)).not.toThrow(card)
  })

  test('lets every other message through', () => expect(mask(cards, { note: 'no card' })).toEqual({ note: 'no card' }))

  test('a field blocks unless it is null', () => {
    const field = load('fields: [salary], action: block')
    expect(() => mask(field, { salary: [1] })).toThrow(blocked)
    expect(mask(field, { salary: null })).toEqual({ salary: null })
  })

  test("the gateway's own message and a sentence of it are masked", () => {
    expect(maskMessage(cards, JSON.stringify({ a: card }), { ...target, own: true }).text).toBe('{"a":"[MASKED:card]"}')
    expect(maskText(cards, `for ${card}`, target).text).toBe('for [MASKED:card]')
  })
})

describe('of several rules that hit the same value the strictest decides', () => {
  const actions = ['partial', 'tag', 'mask', 'drop', 'block'] as const
  const expected: Partial<Record<string, RegExp>> = { tag: /^\[MASKED:\w+ #/, mask: /^\[MASKED:\w+\]$/, drop: /^\[DROPPED:\w+\]$/ }
  const cases = actions.flatMap((mild, at) => actions.slice(at + 1).map((strict) => [mild, strict] as const))
  const kinds = ['detect: [card]', "pattern: '[0-9]{16}'", 'fields: [number]'] as const

  test.for(cases)('%s and %s', ([mild, strict]) => {
    for (const one of kinds) {
      for (const other of kinds) {
        for (const order of [
          [`${one}, action: ${mild}`, `${other}, action: ${strict}`],
          [`${other}, action: ${strict}`, `${one}, action: ${mild}`],
        ]) {
          const made = () => (mask(load(...order), { number: card }) as { number: string }).number
          if (strict === 'block') expect(made).toThrow(expect.objectContaining({ code: 'MESSAGE_BLOCKED' }))
          // a part of a field's value says less than the whole: it is masked
          else if (strict === 'tag' && other !== kinds[2] && one === kinds[2]) expect(made()).toMatch(expected['mask'] ?? 'none')
          else expect(made()).toMatch(expected[strict] ?? 'none')
        }
      }
    }
  })

  test('something in a field decides about the field', () => {
    const masking = load('fields: [customer], action: tag', 'detect: [card], action: drop')
    expect(mask(masking, { customer: { name: 'Ada', cards: [card] } })).toEqual({ customer: '[DROPPED:card]' })
    expect(mask(masking, { customer: 'Ada' })).toEqual({ customer: expect.stringMatching(/^\[MASKED:customer #[a-z2-7]{6}\]$/) })
    expect(() => mask(load('fields: [customer]', 'detect: [card], action: block'), { customer: { id: card } })).toThrow(/withheld/)
  })

  test('of finds that overlap only partly nothing is left', () => {
    const masking = load("pattern: '[0-9]{12}', action: partial", "pattern: '[a-z]{4}-[0-9]{4}', action: tag")
    expect(mask(masking, 'abcd-123456789012')).toBe('[MASKED:r1]')
  })
})

test('whatever the actions and the message, the result is JSON without a raw value', () => {
  const action = fc.constantFrom('mask', 'partial', 'tag', 'drop')
  const spelling = fc.constantFrom(card, '4111 1111 1111 1111', '4111-1111-1111-1111')
  const place = fc.constantFrom<(value: string) => unknown>(
    (value) => value,
    (value) => `a ${value}, b`,
    (value) => ({ account: value }),
    (value) => ({ [`x ${value}`]: [value] }),
    (value) => base64(`card ${value} of Ada`),
    (value) => Number(value.replace(/\D/g, '')),
    (value) => `${value} ${iban}`,
  )
  const many = fc.array(fc.tuple(spelling, place), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(action, action, action, many, fc.jsonValue({ maxDepth: 3 }), fc.nat(2), (one, two, three, planted, besides, wraps) => {
      const masking = load(
        `detect: [card, iban], action: ${one}`,
        `fields: [account], action: ${two}`,
        `pattern: '[0-9]{8,}', action: ${three}`,
      )
      let value: unknown = [besides, ...planted.map(([spelt, put]) => put(spelt))]
      for (let wrap = 0; wrap < wraps; wrap += 1) value = { text: JSON.stringify(value) }
      const { text } = maskMessage(masking, JSON.stringify(value), target)
      expect(() => JSON.parse(text)).not.toThrow()
      const shown = text.replace(/(?<=[0-9])[ -](?=[0-9])/g, '')
      expect(shown).not.toContain('41111111')
      expect(shown).not.toContain(base64(`card ${card}`).slice(0, 16))
      expect(text).not.toContain(iban.slice(0, 14))
    }),
  )
})
