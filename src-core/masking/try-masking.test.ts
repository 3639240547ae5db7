import { expect, test } from 'vitest'
import { tryMasking } from './try-masking.ts'

const document = `version: 1
rules:
  - { id: cards, detect: [card], because: Cards. }
  - { id: names, fields: [name], action: partial, because: Names. }
  - { id: here, match: { connections: [db] }, detect: [email], because: Addresses. }
  - { id: never, detect: [ssn], action: block, because: Never pass. }
`
const attempt = (text: string, choices: { connection?: string; tool?: string; document?: string } = {}) =>
  tryMasking({ document, text, connection: 'db', ...choices })
const card = '4111111111111111'

test('a message of the protocol, each mask with its rule and its place', () => {
  const text = `{"jsonrpc":"2.0","id":"${card}","result":{"content":[{"type":"text","text":"{\\"name\\":\\"Ada Lovelace\\",\\"paid\\":\\"${card}\\"}"}]}}`
  const result = attempt(text)
  expect(result).toMatchObject({
    outcome: 'masked',
    json: true,
    masks: [
      { rule: 'names', path: '/result/content/*/text#/name' },
      { rule: 'cards', path: '/result/content/*/text#/paid' },
    ],
  })
  // the id says which call it answers, as in the gateway
  expect(result).toMatchObject({ text: expect.stringContaining(`"id":"${card}"`) as string })
})

test('JSON that is no message has no id of a call', () => {
  expect(attempt(`{"id":"${card}"}`)).toMatchObject({ text: '{"id":"[MASKED:card]"}' })
})

test('any other text is searched by the detectors', () => {
  expect(attempt(`paid with ${card} by ada@example.com`)).toMatchObject({
    outcome: 'masked',
    json: false,
    text: 'paid with [MASKED:card] by [MASKED:email]',
  })
})

test('rules of other connections do not apply', () => {
  expect(attempt('{"mail":"ada@example.com"}', { connection: 'other' })).toMatchObject({ masks: [] })
})

test('what a rule blocks, what cannot be searched, and a document with a problem', () => {
  expect(attempt('{"n":"219-09-9999"}')).toEqual({ outcome: 'blocked', rule: 'never', because: 'Never pass.' })
  expect(attempt('['.repeat(200) + ']'.repeat(200))).toMatchObject({ outcome: 'withheld', problem: 'it nests too deeply' })
  expect(attempt('{}', { document: 'version: 1\nrules:\n  - { id: a }\n' })).toMatchObject({
    outcome: 'invalid',
    problem: expect.stringMatching(/^line 3: /) as string,
  })
})
