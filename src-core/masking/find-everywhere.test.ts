import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { loadMasking } from './load-masking.ts'
import { maskMessage, maskText } from './mask-message.ts'

const loaded = loadMasking(`
version: 1
rules:
  - { id: all, detect: [card, iban, email, ssn, phone, ip, secret, national-id], because: These never leave the gateway. }
  - { id: names, fields: [full_name], because: Names are personal data. }
  - { id: projects, words: [Blue Heron, blue, Öre], because: Unannounced. }
  - { id: ticket, pattern: "CASE-[0-9]{6}", because: Case numbers identify people. }
`)
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
const { masking } = loaded
const mask = (text: string): string => maskText(masking, text, { connection: 'any' }).text
const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('a value is found however it is written', () => {
  test.for([
    ['full-width digits', 'a ４１１１１１１１１１１１１１１１ b', 'a [MASKED:card] b'],
    ['digits of another script', 'a ٤١١١١١١١١١١١١١١١ b', 'a [MASKED:card] b'],
    ['no-break spaces', '4111\u00a01111\u00a01111\u00a01111', '[MASKED:card]'],
    ['dashes', '123–45–6789', '[MASKED:ssn]'],
    ['zero-width characters', 'é 4111\u200b1111\u200b1111\u200b1111 é', 'é [MASKED:card] é'],
    ['soft hyphens', 'ada\u00ad@acme.ex\u00adample!', '[MASKED:email]!'],
    ['full-width at sign', 'ada＠acme.example', '[MASKED:email]'],
    ['percent-encoding', 'https://x.example/?mail=ada%40acme.example&x=1', 'https://x.example/?mail=[MASKED:email]&x=1'],
    ['percent-encoding of other letters', 'to=j%C3%BCrgen%40acme.example', 'to=[MASKED:email]'],
    ['percent-encoded zero-width characters', '4111%E2%80%8B111111111111', '[MASKED:card]'],
    ['base64', `data ${base64('customer Ada, ada@acme.example')} end`, 'data [MASKED:email] end'],
    ['base64 of the URL alphabet', Buffer.from('>>>??? ada@acme.example ÿ').toString('base64url'), '[MASKED:email]'],
  ] as const)('%s', ([, text, expected]) => expect(mask(text)).toBe(expected))

  test.for([
    ['a character that NFKC would change', 'ﬁne ½ Å …'],
    ['percent signs that encode nothing', '100% of 5%, %zz %E2%80'],
    ['base64 of something harmless', base64('nothing to see here, move along')],
    ['base64 of bytes', Buffer.from(Array.from({ length: 200 }, (_, at) => (at * 37) % 256)).toString('base64')],
    ['lone surrogates', 'a \ud800 b \udc00 c'],
  ] as const)('%s stays as it was', ([, text]) => expect(mask(text)).toBe(text))

  test('whatever stands around it, the rest stays as it was', () => {
    const around = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => mask(`${text}\n`) === `${text}\n`)
    fc.assert(
      fc.property(around, around, (before, after) => {
        expect(mask(`${before}\n ada@acme.example \n${after}`)).toBe(`${before}\n [MASKED:email] \n${after}`)
      }),
    )
  })
})

describe('a field is named however its name is written', () => {
  test.for([['ｆｕｌｌ＿ｎａｍｅ'], ['full\u200bName'], ['FULL-NAME']])('%s', ([name]) => {
    expect(Object.values(JSON.parse(maskMessage(masking, JSON.stringify({ [name!]: 'Ada' }), { connection: 'any' }).text))).toEqual([
      '[MASKED:full_name]',
    ])
  })
})

describe('the field a value stands in', () => {
  test('tells an address from a version', () => {
    const { text } = maskMessage(masking, '{"version":"10.2.3.4","versions":["10.2.3.4"],"hosts":["10.2.3.4"]}', { connection: 'any' })
    expect(text).toBe('{"version":"10.2.3.4","versions":["10.2.3.4"],"hosts":["[MASKED:ip]"]}')
  })
})

describe('rules of your own', () => {
  test.for([
    ['a phrase, and not only its first word', 'the Blue heron lands', 'the [MASKED:projects] lands'],
    ['a word', 'a BLUE bird', 'a [MASKED:projects] bird'],
    ['a word that is not ASCII', 'ÖRE', '[MASKED:projects]'],
    ['part of a word is none', 'bluebird, blue_', 'bluebird, blue_'],
    ['a pattern', 'see CASE-123456.', 'see [MASKED:ticket].'],
    ['no pattern', 'see CASE-12345.', 'see CASE-12345.'],
  ] as const)('%s', ([, text, expected]) => expect(mask(text)).toBe(expected))

  const rule = (keys: string): string => `version: 1\nrules:\n  - id: a\n    because: why not\n    ${keys}`
  test.for([
    ['a pattern that is none', 'pattern: "(a"', 'rules.0.pattern', 5],
    ['a look-behind, which takes more than linear time', 'pattern: "(?<=a)b"', 'rules.0.pattern', 5],
    ['a pattern that finds nothing everywhere', 'pattern: "a*"', 'rules.0.pattern', 5],
    ['a word without letters at its ends', 'words: ["#x"]', 'rules.0.words.0', 5],
    ['two kinds at once', 'words: [x]\n    detect: [card]', 'rules.0.detect', 6],
  ] as const)('refuses %s and says where', ([, keys, path, line]) => {
    expect(loadMasking(rule(keys))).toMatchObject({ ok: false, problems: [{ path, line }] })
  })
})
