import { describe, expect, test } from 'vitest'
import { createSecretFilter } from './secret-filter.ts'

const plain = 'canary-5f1c0b7e'
/** everything that notations escape */
const odd = 'p"a\\s/s+w<o>r&d\'=ü€𝄞 x\t9'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const unicode = (text: string) => text.replace(/[^a-zA-Z0-9]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
const html = (text: string) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;')

const ways: [string, (secret: string) => string][] = [
  ['as it is', (secret) => secret],
  ['in JSON', (secret) => JSON.stringify({ secret })],
  ['in JSON inside JSON', (secret) => JSON.stringify({ text: JSON.stringify({ text: JSON.stringify({ secret }) }) })],
  ['in JSON that escapes slashes', (secret) => JSON.stringify({ secret }).replaceAll('/', '\\/')],
  ['in JSON that escapes everything it can', unicode],
  ['the same in capitals', (secret) => unicode(secret).replace(/\\u(.{4})/g, (_, hex: string) => `\\u${hex.toUpperCase()}`)],
  ['in a URL', (secret) => `https://db.example/?q=${encodeURIComponent(secret)}&x=1`],
  ['in a URL, small letters', (secret) => encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase())],
  ['in a form', (secret) => new URLSearchParams({ secret }).toString()],
  ['in a page', html],
  ['in base64', base64],
  ['in base64 behind one byte', (secret) => base64(`:${secret}`)],
  ['in base64 behind two bytes', (secret) => base64(`id:${secret}`.slice(1))],
  ['in base64 behind three bytes, before others', (secret) => base64(`id:${secret} and more`)],
  ['in base64 for URLs', (secret) => Buffer.from(`Bearer ${secret}!`).toString('base64url')],
  ['in base64 in JSON that escapes', (secret) => unicode(base64(`x${secret}`))],
]

/** No eight characters of it are left, nor of what base64 makes of them. */
function expectClean(text: string, secret: string) {
  expect(text).toContain('[secret]')
  for (const written of [secret, base64(secret), base64(`_${secret}`), base64(`__${secret}`)]) {
    for (let at = 4; at + 8 <= written.length - 4; at += 1) expect(text).not.toContain(written.slice(at, at + 8))
  }
}

describe.for([plain, odd])('%s', (secret) => {
  const filter = createSecretFilter([secret])
  test.for(ways)('%s', ([, write]) => {
    const text = `before ${write(secret)} between ${write(secret)} behind`
    const clean = filter.cleanText(text)
    expectClean(clean, secret)
    expect(clean).toMatch(/^before .* between .* behind$/s)
  })
})

test('what has no secret in it stays the very same bytes, be they text or not', () => {
  const filter = createSecretFilter([plain, odd])
  for (const bytes of [Buffer.from('canary-5f1c0b7 is not one'), Buffer.from([0xff, 0xfe, 0, 0xc3, 0x28]), Buffer.alloc(0)]) {
    expect(filter.clean(bytes)).toBe(bytes)
  }
})

test('bytes beside a secret stay as they are', () => {
  const bytes = Buffer.concat([Buffer.from([0xff, 0x80]), Buffer.from(`ü ${plain} ü`), Buffer.from([0xfe])])
  const expected = Buffer.concat([Buffer.from([0xff, 0x80]), Buffer.from('ü [secret] ü'), Buffer.from([0xfe])])
  expect(createSecretFilter([plain]).clean(bytes)).toEqual(expected)
})

test('a value so short that it would be found everywhere is left', () => {
  expect(createSecretFilter(['abc', '']).cleanText('abcabc')).toBe('abcabc')
})

test('one that is learned later counts from then on', () => {
  const filter = createSecretFilter()
  expect(filter.cleanText(plain)).toBe(plain)
  filter.add(plain)
  expect(filter.cleanText(plain)).toBe('[secret]')
})

test('a text that nearly is the secret, very often, costs no more than its length', () => {
  const filter = createSecretFilter(['\\'.repeat(30) + 'abcdef"'])
  const text = '\\'.repeat(200_000) + 'abcdef'
  const before = performance.now()
  filter.cleanText(text)
  // backtracking over the backslashes would take minutes
  expect(performance.now() - before).toBeLessThan(20_000)
})
