import { expect, test } from 'vitest'
import { createErrorTail } from './error-tail.ts'

const secret = 'postgres://app:p"w+d/9@db'
const limit = 8 * 1024

test('the end of what was written', () => {
  const tail = createErrorTail([])
  tail.push(Buffer.from('a'.repeat(limit)))
  tail.push(Buffer.from('the last words'))
  expect(tail.text()).toHaveLength(limit)
  expect(tail.text()).toMatch(/^a.*the last words$/)
})

test.for([
  ['as it is', secret],
  ['in JSON', JSON.stringify({ dsn: secret })],
  ['in base64', Buffer.from(secret).toString('base64')],
  ['in a URL', encodeURIComponent(secret)],
] as const)('a secret %s is taken out, in how many pieces it may come', ([, written]) => {
  const tail = createErrorTail([secret])
  for (const byte of Buffer.from(`fatal: cannot use ${written} now\n`)) tail.push(Buffer.from([byte]))
  expect(tail.text()).toContain('[secret]')
  expect(tail.text()).toMatch(/^fatal: cannot use .* now\n$/)
  for (const part of ['p"w+d', 'p\\"w', 'p%22w', Buffer.from(secret).toString('base64').slice(8, 20)])
    expect(tail.text()).not.toContain(part)
})

test('one that the cut goes through leaves no piece behind', () => {
  const encoded = encodeURIComponent(secret)
  for (let more = 0; more < encoded.length; more += 1) {
    const tail = createErrorTail([secret])
    tail.push(Buffer.from(`${encoded}\n`.repeat(400) + 'x'.repeat(more)))
    expect(tail.text()).toContain('[secret]')
    // of `[secret]` itself a piece may be left
    expect(tail.text()).not.toMatch(/[%0-9]|app|db/)
  }
})
