import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { findChromium } from '../electron-host/chromium.ts'
import { createCloneCodec } from '../electron-host/clone.ts'

describe('structured clone', () => {
  const codec = createCloneCodec()
  const across = (value: unknown): unknown => codec.decode(codec.encode(value))

  test('values keep their kind', () => {
    const value = {
      text: 'ä\u0000😀',
      numbers: [1, -0, Number.NaN, Number.POSITIVE_INFINITY, 2n],
      nothing: [null, undefined],
      at: new Date(5),
      map: new Map<unknown, unknown>([[{ a: 1 }, new Set([1])]]),
      bytes: new Uint8Array([0, 255]),
      buffer: new Uint8Array([1, 2]).buffer,
    }
    expect(across(value)).toEqual(value)
  })

  test('an object that contains itself stays one', () => {
    const value: Record<string, unknown> = { list: [] }
    value['self'] = value
    const copy = across(value) as Record<string, unknown>
    expect(copy['self']).toBe(copy)
  })

  test('a key named __proto__ is data', () => {
    const copy = across(JSON.parse('{"__proto__":{"x":1}}')) as object
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    expect(Object.keys(copy)).toEqual(['__proto__'])
  })

  test('data that looks like the codec’s own tags is data', () => {
    const value = { $: 'bytes', v: 'AAAA' }
    expect(across(value)).toEqual(value)
  })

  test('of an error, name and message survive', () => {
    expect(across(Object.assign(new TypeError('no'), { code: 'X' }))).toMatchObject({ name: 'TypeError', message: 'no' })
    expect(across(Object.assign(new Error('no'), { code: 'X' }))).not.toHaveProperty('code')
  })

  test.for([
    ['a function', () => undefined],
    ['a symbol', Symbol('x')],
    ['a promise', Promise.resolve()],
    ['a weak map', new WeakMap()],
  ] as const)('%s cannot be cloned', ([, value]) => {
    expect(() => codec.encode({ value })).toThrow('An object could not be cloned.')
  })
})

describe('finding Chromium', () => {
  afterEach(() => delete process.env['GATEHOUSE_CHROMIUM'])

  test('a configured path is taken', async () => {
    process.env['GATEHOUSE_CHROMIUM'] = process.execPath
    expect(await findChromium({ headless: true })).toMatchObject({ executablePath: process.execPath })
  })

  test('a configured path that is no program is an error, not a reason to look elsewhere', async () => {
    process.env['GATEHOUSE_CHROMIUM'] = '/nonexistent/chromium'
    await expect(findChromium({ headless: true })).rejects.toThrow('GATEHOUSE_CHROMIUM names /nonexistent/chromium')
  })

  test('the sandbox is off for root only', async () => {
    process.env['GATEHOUSE_CHROMIUM'] = process.execPath
    const { args } = await findChromium({ headless: true })
    expect(args.includes('--no-sandbox')).toBe(process.getuid?.() === 0)
    expect(args.join(' ')).not.toMatch(/disable-web-security|single-process|ignore-certificate/)
  })

  test.skipIf(process.platform !== 'linux')('with none installed the error says what to do', async () => {
    const path = process.env['PATH']
    const empty = mkdtempSync(join(tmpdir(), 'gatehouse-path-'))
    process.env['PATH'] = empty
    try {
      await expect(findChromium({ headless: false })).rejects.toThrow(/apt-get install chromium.*GATEHOUSE_CHROMIUM/)
    } finally {
      process.env['PATH'] = path
      rmSync(empty, { recursive: true })
    }
  })
})
