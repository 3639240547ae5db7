import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { loadMasking } from './load-masking.ts'
import { maskMessage } from './mask-message.ts'

const document = `
version: 1
rules:
  - id: detect-all
    detect: [card, iban, email, ssn]
    because: These never leave the gateway.
  - id: pii-fields
    match: { connections: ["prod-*"] }
    fields: [full_name, phone]
    because: Names and phone numbers are personal data.
`
const loaded = loadMasking(document)
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
const { masking } = loaded
const card = '4111111111111111'
const prod = { connection: 'prod-db', tool: 'execute_sql' }
const mask = (value: unknown, target = prod) => maskMessage(masking, JSON.stringify(value), target)

describe('masking a message', () => {
  test('replaces only what a rule names; every other byte stays', () => {
    const text = '{ "id" : 9007199254740993, "note":"caf\\u00e9",  "card":"4111111111111111" }'
    expect(maskMessage(masking, text, prod)).toEqual({
      text: '{ "id" : 9007199254740993, "note":"caf\\u00e9",  "card":"[MASKED:card]" }',
      masks: [{ rule: 'detect-all', kind: 'card', path: '/card', count: 1 }],
    })
  })

  test('a message without sensitive data is the very same string', () => {
    const text = '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}'
    expect(maskMessage(masking, text, prod)).toEqual({ text, masks: [] })
  })

  test('masks JSON inside a text block as JSON', () => {
    const rows = JSON.stringify({
      rows: [
        { full_name: 'Ada', email: 'ada@acme.example' },
        { full_name: 'Bo', email: null },
      ],
    })
    const { text, masks } = mask({ result: { content: [{ type: 'text', text: rows }] } })
    const inner = JSON.parse(JSON.parse(text).result.content[0].text)
    expect(inner).toEqual({
      rows: [
        { full_name: '[MASKED:full_name]', email: '[MASKED:email]' },
        { full_name: '[MASKED:full_name]', email: null },
      ],
    })
    expect(masks).toEqual([
      { rule: 'pii-fields', kind: 'full_name', path: '/result/content/*/text#/rows/*/full_name', count: 2 },
      { rule: 'detect-all', kind: 'email', path: '/result/content/*/text#/rows/*/email', count: 1 },
    ])
  })

  const ada = '{"full_name":"Ada","note":"no \\"{\\" in it"}'
  test.for([
    ['behind a sentence', `1 row:\n${ada}`],
    ['before a sentence', `${ada} is all there is {"really`],
    ['in a code fence', '```json\n[' + ada + ']\n```'],
    ['in each line', `${ada}\n${ada}`],
    ['that was encoded twice', JSON.stringify(ada)],
    ['behind a byte order mark', `\ufeff${ada}`],
    ['behind an object that does not end', `{"rows": [${ada}, {"full_`],
    ['behind a quote', `he said "no {" and "{" ${ada}`],
    ['inside what only looks like JSON', `{"a": maybe, "b": ${ada}}`],
  ])('a named field in JSON %s', ([, text]) => {
    const masked = mask({ result: { content: [{ type: 'text', text }] } })
    expect(masked.text).not.toContain('Ada')
    expect(JSON.parse(masked.text).result.content[0].text.replaceAll('[MASKED:full_name]', 'Ada')).toBe(text)
    expect(masked.masks).toContainEqual(expect.objectContaining({ kind: 'full_name', rule: 'pii-fields' }))
  })

  test('what is nearly JSON everywhere is searched in time that grows with its length, or withheld', () => {
    for (const piece of ['{"', '{"a":', '{"a":"', '{"a":[', '{"a":{"b":"}"']) {
      const text = JSON.stringify({ text: piece.repeat(20_000) })
      const start = performance.now()
      try {
        maskMessage(masking, text, prod)
      } catch (error) {
        expect(error).toMatchObject({ code: 'MESSAGE_UNMASKABLE' })
      }
      expect(performance.now() - start).toBeLessThan(5000)
    }
  })

  test('a name is masked, or names a masked field, as often as it comes', () => {
    const made = () => mask({ 'ada@acme.example': 1, full_name: 'Ada', 'a/b~c': { note: '4111111111111111' } })
    const first = made()
    expect(first.text).toBe('{"[MASKED:email]":1,"full_name":"[MASKED:full_name]","a/b~c":{"note":"[MASKED:card]"}}')
    expect(first.masks.map(({ path }) => path)).toEqual(['/(name)', '/full_name', '/a~1b~0c/note'])
    expect(made()).toEqual(first)
  })

  test('a number with an exponent is the card that it stands for', () => {
    const { text } = maskMessage(masking, '{"a":4.111111111111111e15,"b":[41111111111111110E-1,4.111111111111112e15,1.5e300,true]}', prod)
    expect(text).toBe('{"a":"[MASKED:card]","b":["[MASKED:card]",4.111111111111112e15,1.5e300,true]}')
  })

  test('masks plain text blocks by the detectors', () => {
    expect(mask({ text: 'Ada: ada@acme.example, 123-45-6789' }).text).toBe('{"text":"Ada: [MASKED:email], [MASKED:ssn]"}')
  })

  test.for([
    ['a number', { phone: 4915112345678 }, { phone: '[MASKED:phone]' }],
    ['an object', { full_name: { first: 'A' } }, { full_name: '[MASKED:full_name]' }],
    ['an array', { fullName: ['A', { b: 1 }], after: 'x' }, { fullName: '[MASKED:full_name]', after: 'x' }],
    ['another way to write the name', { 'Full-Name': 'A' }, { 'Full-Name': '[MASKED:full_name]' }],
    ['null', { phone: null }, { phone: null }],
    ['a card stored as a number', { value: 4111111111111111 }, { value: '[MASKED:card]' }],
    ['escaped text', { value: 'x\n"4111111111111111"' }, { value: 'x\n"[MASKED:card]"' }],
    ['a value as a name', { 'ada@acme.example': 1 }, { '[MASKED:email]': 1 }],
    ['an error', { error: { code: 1, message: 'no user ada@acme.example' } }, { error: { code: 1, message: 'no user [MASKED:email]' } }],
  ] as const)('a field that is %s', ([, value, expected]) => {
    expect(JSON.parse(mask(value).text)).toEqual(expected)
  })

  test.for([
    ['a value', { result: { structuredContent: { note: card } } }],
    ['a key', { result: { structuredContent: { [card]: 1 } } }],
    ['an address', { result: { content: [{ type: 'resource_link', uri: `db://cards/${card}`, name: 'x' }] } }],
    ['_meta', { result: { _meta: { 'x/y': [card] }, content: [] } }],
    ['an error', { error: { code: -1, message: `no ${card}`, data: { card } } }],
    ['a progress message', { method: 'notifications/progress', params: { progressToken: 1, progress: 1, message: card } }],
    ['the arguments of a tool', { method: 'tools/call', params: { name: 'x', arguments: { deep: [{ note: card }] } } }],
    ['the text of a resource', { result: { contents: [{ uri: 'x:y', mimeType: 'text/csv', text: `a,${card}` }] } }],
    ['a text of a resource in base64', { result: { contents: [{ uri: 'x:y', mimeType: 'text/csv', blob: btoa(`a,b,c,d,${card}`) }] } }],
  ])('every string is searched: %s', ([, message]) => {
    const { text } = maskMessage(masking, JSON.stringify(message), prod)
    expect(text).toContain('[MASKED:card]')
    expect(text).not.toContain(card)
    expect(text).not.toContain(btoa(`a,b,c,d,${card}`))
  })

  test('a value used as a name does not get into the path', () => {
    const { masks } = mask({ 'ada@acme.example': { phone: '1' } })
    expect(JSON.stringify(masks)).not.toContain('ada@')
  })

  test('a rule is only about the connections it names', () => {
    expect(mask({ full_name: 'Ada' }, { connection: 'test-db', tool: 'x' }).text).toBe('{"full_name":"Ada"}')
  })

  test.for([
    ['text that is not JSON', '{"a":'],
    ['JSON nested too deeply', `${'['.repeat(300)}${']'.repeat(300)}`],
    ['JSON inside JSON too often', Array.from({ length: 10 }).reduce<string>((inner) => JSON.stringify([inner]), '["4111111111111111"]')],
  ] as const)('%s is withheld', ([, text]) => {
    expect(() => maskMessage(masking, text, prod)).toThrow(expect.objectContaining({ code: 'MESSAGE_UNMASKABLE' }))
  })

  test('whatever the message, the result is JSON of the same shape and holds no planted card', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(3), (value, wraps) => {
        let planted: unknown = { before: value, planted: 'x 4111111111111111 y' }
        for (let wrap = 0; wrap < wraps; wrap += 1) planted = { text: JSON.stringify(planted) }
        const { text } = mask(planted)
        expect(() => JSON.parse(text)).not.toThrow()
        expect(text).not.toContain('4111111111111111')
      }),
    )
  })
})

describe('loading a masking document', () => {
  test.for([
    ['not YAML', 'rules: [', ''],
    ['an unknown key', 'version: 1\nrules:\n  - { id: a, detct: [card], because: why not }', 'rules.0'],
    ['neither detect nor fields', 'version: 1\nrules:\n  - { id: a, because: why not }', 'rules.0.detect'],
    [
      'an id twice',
      'version: 1\nrules:\n  - { id: a, detect: [card], because: one one }\n  - { id: a, detect: [ssn], because: two two }',
      'rules.1.id',
    ],
  ] as const)('refuses %s and says where', ([, text, path]) => {
    expect(loadMasking(text)).toMatchObject({ ok: false, problems: expect.arrayContaining([expect.objectContaining({ path })]) })
  })
})
