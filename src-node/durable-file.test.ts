import { mkdtemp, readdir, readFile, readlink, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDurableFiles, openDurableFile } from './durable-file.ts'

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

test('only so many hold a descriptor: who was not written for longest rests, goes on where it was, and is closed like the others', async () => {
  const openFile = createDurableFiles(3)
  const paths = Array.from({ length: 8 }, (_, index) => join(folder, String(index)))
  const files = await Promise.all(paths.map((each) => openFile(each, 'create')))
  const pieces = Array.from({ length: 8 }, (_, at) => Buffer.from(text.slice((at * text.length) / 8, ((at + 1) * text.length) / 8)))
  for (const piece of pieces) for (const file of files) await file.append(piece)
  if (process.platform === 'linux') await expect.poll(descriptors).toBeLessThanOrEqual(3)
  await files[7]?.append(Buffer.from('more\n'))
  for (const file of files) await file.close()
  for (const each of paths.slice(0, 7)) expect(await readFile(each, 'utf8')).toBe(text)
  expect(await readFile(paths[7] ?? '', 'utf8')).toBe(`${text}more\n`)
  expect(await descriptors()).toBe(0)
  await expect(files[0]?.append(Buffer.from('late\n'))).rejects.toMatchObject({ code: 'EBADF' })
})

test('a file that was put in the place of one that rests is not written', async () => {
  const openFile = createDurableFiles(1)
  const file = await openFile(path, 'create')
  await file.append(Buffer.from('one line\n'))
  const others = [await openFile(join(folder, 'a'), 'create'), await openFile(join(folder, 'b'), 'create')]
  await writeFile(join(folder, 'forged'), 'one liar\n')
  await rename(join(folder, 'forged'), path)
  await expect(file.append(Buffer.from('more\n'))).rejects.toMatchObject({ code: 'ESTALE' })
  expect(await readFile(path, 'utf8')).toBe('one liar\n')
  for (const other of [file, ...others]) await other.close()
})

/** Of this process, into the folder of this test; 0 where the system does not say. */
async function descriptors(): Promise<number> {
  if (process.platform !== 'linux') return 0
  const targets = await Promise.all((await readdir('/proc/self/fd')).map((each) => readlink(`/proc/self/fd/${each}`).catch(() => '')))
  return targets.filter((target) => target.startsWith(folder)).length
}

test('one that is closed while it wakes keeps no descriptor', async () => {
  const openFile = createDurableFiles(1)
  const resting = await openFile(path, 'create')
  await resting.append(Buffer.from('one line\n'))
  const others = [await openFile(join(folder, 'second'), 'create'), await openFile(join(folder, 'third'), 'create')]
  for (const file of [...others, ...others]) await file.append(Buffer.from('another\n'))
  const waking = resting.append(Buffer.from('too late\n'))
  await Promise.all([resting.close(), expect(waking).rejects.toMatchObject({ code: 'EBADF' })])
  for (const file of others) await file.close()
  expect(await descriptors()).toBe(0)
})
