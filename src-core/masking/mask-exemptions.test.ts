import { describe, expect, test } from 'vitest'
import { loadMasking } from './load-masking.ts'
import { maskRpc, type RpcTarget } from './mask-rpc.ts'

const card = '4111111111111111'
const mail = 'ada@acme.example'
const exempt = 'exempt: { groups: [fraud, dba], because: They check payments. }'

function load(...rules: string[]) {
  const lines = rules.map((rule, at) => `  - { id: r${at}, because: It is not for everybody., ${rule} }`)
  const loaded = loadMasking(`version: 1\nrules:\n${lines.join('\n')}\n`)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.masking
}
const cards = load(`detect: [card], ${exempt}`, 'detect: [email]')
const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { card, mail, more: [card] } })
const mask = (masking: ReturnType<typeof load>, of: string, choices: Partial<RpcTarget> = {}, id: string | number = 1) =>
  maskRpc(masking, of, { connection: 'db', groups: ['dba'], ...choices }, { id })

describe('a person who is exempt from a rule', () => {
  test('gets what it masks, and what is recorded is masked', () => {
    const masked = mask(cards, text)
    expect(masked.text).toBe('{"jsonrpc":"2.0","id":1,"result":{"card":"[MASKED:card]","mail":"[MASKED:email]","more":["[MASKED:card]"]}}')
    expect(masked.delivered).toBe(`{"jsonrpc":"2.0","id":1,"result":{"card":"${card}","mail":"[MASKED:email]","more":["${card}"]}}`)
    expect(masked.exempted).toEqual([{ rule: 'r0', group: 'dba', count: 2 }])
    expect(masked.masks).toEqual(mask(cards, text, { groups: [] }).masks)
  })

  test.for([
    ['people of other groups', { groups: ['operators', 'DBA', 'db'] }],
    ['nobody in particular', { groups: undefined }],
  ] as const)('but not %s', ([, choices]) => {
    const masked = mask(cards, text, choices)
    expect(masked).toMatchObject({ text: expect.not.stringContaining(card) })
    expect(masked.delivered).toBeUndefined()
    expect(masked.exempted).toBeUndefined()
  })

  test('gets the id as it came', () => {
    const message = JSON.stringify({ jsonrpc: '2.0', id: mail, result: { card, mail } })
    const masked = mask(cards, message, {}, mail)
    expect(masked.delivered).toBe(`{"jsonrpc":"2.0","id":"${mail}","result":{"card":"${card}","mail":"[MASKED:email]"}}`)
    expect(masked.text).not.toContain(mail)
  })

  test('gets nothing that another rule masks too, and no exemption is told', () => {
    const masked = mask(load(`detect: [card], ${exempt}`, "pattern: '[0-9]{16}'"), text)
    expect(masked.delivered).toBeUndefined()
    expect(masked.exempted).toBeUndefined()
  })

  test('is not blocked, and what is recorded is masked', () => {
    const blocking = load(`detect: [card], action: block, ${exempt}`)
    const masked = mask(blocking, text)
    expect(masked.text).not.toContain(card)
    expect(masked.delivered).toBe(text)
    expect(masked.exempted).toEqual([{ rule: 'r0', group: 'dba', count: 2 }])
    expect(() => mask(blocking, text, { groups: ['operators'] })).toThrow(expect.objectContaining({ code: 'MESSAGE_BLOCKED' }))
  })

  test('is blocked by every other rule', () => {
    expect(() => mask(load(`detect: [card], ${exempt}`, 'detect: [email], action: block'), text)).toThrow(/withheld/)
  })

  test("sends what is sent anyway: of a client's message only what was not blocked is told", () => {
    expect(mask(cards, text, { fromClient: true })).toEqual({ text: mask(cards, text).text, masks: mask(cards, text).masks })
    expect(mask(load(`detect: [card], action: block, ${exempt}`), text, { fromClient: true })).toMatchObject({
      text: expect.not.stringContaining(card),
      exempted: [{ rule: 'r0', group: 'dba', count: 2 }],
    })
  })

  test('a rule without a reason for its exemption is refused', () => {
    const source = 'version: 1\nrules:\n  - { id: a, because: why not, detect: [card], exempt: { groups: [dba] } }\n'
    expect(loadMasking(source)).toMatchObject({ ok: false, problems: [{ path: 'rules.0.exempt.because', line: 3 }] })
  })
})

test('where no rule has an exemption, groups cost nothing', () => {
  expect(load('detect: [card]').exemptionFor(['dba'])).toBeUndefined()
})
