import { expect, test } from 'vitest'
import { loadMasking } from './load-masking.ts'
import { maskRpc } from './mask-rpc.ts'

const loaded = loadMasking('version: 1\nrules:\n  - { id: cards, detect: [card, email], because: Cards are secret. }\n')
if (!loaded.ok) throw new Error('the document is not valid')
const { masking } = loaded
const mask = (message: { id?: string | number; [name: string]: unknown }) =>
  maskRpc(masking, JSON.stringify(message), { connection: 'db' }, message)
const card = '4111 1111 1111 1111'

test('an id is masked in what is recorded, and delivered as it came', () => {
  const id = 'ada@example.com'
  const masked = mask({ jsonrpc: '2.0', id, result: { text: card, id } })
  expect(JSON.parse(masked.text)).toEqual({ jsonrpc: '2.0', id: '[MASKED:email]', result: { text: '[MASKED:card]', id: '[MASKED:email]' } })
  expect(masked.names?.id).toBe('[MASKED:email]')
  expect(JSON.parse(masked.delivered ?? '')).toEqual({ jsonrpc: '2.0', id, result: { text: '[MASKED:card]', id: '[MASKED:email]' } })
})

test.for([
  ['notifications/progress', 'progressToken'],
  ['notifications/cancelled', 'requestId'],
] as const)('what %s names its call by is masked in what is recorded, and delivered as it came', ([method, name]) => {
  const told = { jsonrpc: '2.0', method, params: { [name]: 'ada@example.com', message: card } }
  const masked = mask(told)
  expect(JSON.parse(masked.text)).toEqual({ ...told, params: { [name]: '[MASKED:email]', message: '[MASKED:card]' } })
  expect(JSON.parse(masked.delivered ?? '')).toEqual({ ...told, params: { [name]: 'ada@example.com', message: '[MASKED:card]' } })
})

test('in any other message these are fields like all others', () => {
  const params = { progressToken: 'ada@example.com', requestId: card }
  const masked = mask({ jsonrpc: '2.0', method: 'notifications/message', params })
  expect(JSON.parse(masked.text)).toMatchObject({ params: { progressToken: '[MASKED:email]', requestId: '[MASKED:card]' } })
  expect(masked.delivered).toBeUndefined()
})

test('an id that is random, a number or short is not looked at', () => {
  for (const id of ['41111111-1111-1111-8000-000000000000', 4111111111111111, 'a@b'])
    expect(mask({ jsonrpc: '2.0', id, result: {} })).toMatchObject({ text: JSON.stringify({ jsonrpc: '2.0', id, result: {} }), masks: [] })
})

test('so are method and tool', () => {
  expect(mask({ jsonrpc: '2.0', id: 1, method: `call ${card}`, params: { name: `pay ${card}` } }).names).toMatchObject({
    id: 1,
    method: 'call [MASKED:card]',
    tool: 'pay [MASKED:card]',
  })
})

test('a message whose names are harmless costs nothing more', () => {
  expect(mask({ jsonrpc: '2.0', id: 'a', method: 'tools/call', params: { name: 'query', arguments: { id: card } } }).names).toBeUndefined()
})
