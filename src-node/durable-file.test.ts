import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDurableFile } from './durable-file.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-durable-'))
  path = join(folder, 'file')
})
afterEach(() => rm(folder, { recursive: true }))

/** lines of all lengths, of 100 KiB in all */
const lines = Array.from({ length: 400 }, (_, index) => Buffer.from(`${String(index).padEnd((index * 37) % 512, 'x')}\n`))
const text = Buffer.concat(lines).toString()

test('what was appended is in the file at once, with nothing but zeros behind it; closed, there is nothing behind it', async () => {
  const file = await openDurableFile(path, 'create')
  let written = ''
  let reserved = 0
  for (const line of lines) {
    await file.append(line)
    written += line.toString()
    const found = await readFile(path)
    expect(found.subarray(0, written.length).toString()).toBe(written)
    expect(found.subarray(written.length).every((byte) => byte === 0)).toBe(true)
    reserved = Math.max(reserved, found.length - written.length)
  }
  expect(reserved).toBeGreaterThan(10_000)
  await file.close()
  expect(await readFile(path, 'utf8')).toBe(text)
})

test('a short file reserves nothing', async () => {
  const file = await openDurableFile(path, 'create')
  await file.append(Buffer.from('one line\n'))
  expect(await readFile(path, 'utf8')).toBe('one line\n')
  await file.close()
})

test('a file is gone on with at its end', async () => {
  const first = await openDurableFile(path, 'create')
  for (const line of lines) await first.append(line)
  await first.close()
  await truncate(path, text.length - 100)
  const next = await openDurableFile(path, 'extend')
  await next.append(Buffer.from('more\n'))
  await next.close()
  expect(await readFile(path, 'utf8')).toBe(`${text.slice(0, -100)}more\n`)
})

test('a file that is there is not made again', async () => {
  await (await openDurableFile(path, 'create')).close()
  await expect(openDurableFile(path, 'create')).rejects.toMatchObject({ code: 'EEXIST' })
})
