import { copyFile, cp, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src-node/clock.ts'
import { openGatewayLog, rotateLogKey } from './gateway-log.ts'
import { keepLogHead } from './log-head.ts'
import { openLogKeys, stageNextLogKey } from './log-key.ts'

let folder: string
const settings = () => ({ data: join(folder, 'data'), log: { folder: join(folder, 'log'), origin: 'gate.example/log' } })
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-log-'))
  await mkdir(settings().data)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const keyFiles = async () => (await readdir(settings().data)).toSorted()
const open = async () => {
  const log = await openGatewayLog(settings(), systemClock)
  const { verifierKey, size } = log
  await log.append({ kind: 'gateway.start', gateway: 'g', version: '0' })
  await log.close()
  return { verifierKey, size }
}

test('the key is replaced: the new one signs, the old one is gone, and nobody else may read it', async () => {
  const { verifierKey: first } = await open()
  const { before, after, index } = await rotateLogKey(settings(), systemClock)
  expect([before, index]).toEqual([first, 1])
  expect(after).not.toBe(first)
  expect(await open()).toEqual({ verifierKey: after, size: 2 })
  expect(await keyFiles()).toEqual(['log-key.pem'])
  expect((await stat(join(settings().data, 'log-key.pem'))).mode & 0o777).toBe(0o600)
  expect((await rotateLogKey(settings(), systemClock)).before).toBe(after)
})

describe('a crash', () => {
  test('with a new key that the log never came to: the old one stays, the other is dropped', async () => {
    const { verifierKey: first } = await open()
    stageNextLogKey(settings().data)
    expect((await open()).verifierKey).toBe(first)
    expect(await keyFiles()).toEqual(['log-key.pem'])
  })
  test('with the log at the new key, and the old one still in its place: the new one takes it', async () => {
    await open()
    const key = join(settings().data, 'log-key.pem')
    await copyFile(key, join(folder, 'old.pem'))
    const { after } = await rotateLogKey(settings(), systemClock)
    await rename(key, join(settings().data, 'log-key.next.pem'))
    await copyFile(join(folder, 'old.pem'), key)
    expect((await open()).verifierKey).toBe(after)
    expect(await keyFiles()).toEqual(['log-key.pem'])
    expect((await open()).verifierKey).toBe(after)
  })
})

test('a key that was put back from an old copy does not sign', async () => {
  await open()
  const key = join(settings().data, 'log-key.pem')
  await copyFile(key, join(folder, 'old.pem'))
  await rotateLogKey(settings(), systemClock)
  await copyFile(join(folder, 'old.pem'), key)
  await expect(open()).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
})

test('a key file that is damaged is not replaced', async () => {
  await open()
  await writeFile(join(settings().data, 'log-key.pem'), 'nonsense')
  expect(() => openLogKeys(settings().data)).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
})

describe('a log that was put back', () => {
  /** A gateway that runs for a moment. */
  const run = async () => {
    const log = await openGatewayLog(settings(), systemClock)
    const close = keepLogHead(settings().data, log)
    await log.append({ kind: 'gateway.start', gateway: 'g', version: '0' })
    await close()
    await log.close()
    return log.size
  }
  const putBack = async () => {
    await rm(settings().log.folder, { recursive: true })
    await cp(join(folder, 'backup'), settings().log.folder, { recursive: true })
  }
  beforeEach(async () => {
    await run()
    await cp(settings().log.folder, join(folder, 'backup'), { recursive: true })
    await run()
  })

  test('to an earlier state is not signed on, until somebody says that it has to be so', async () => {
    await putBack()
    await expect(run()).rejects.toMatchObject({ code: 'LOG_CORRUPT', message: expect.stringContaining('it has 1 entries, and had 2') })
    await expect(run()).rejects.toMatchObject({ code: 'LOG_CORRUPT' })
    await rm(join(settings().data, 'log-head'))
    expect(await run()).toBe(2)
  })
  test('and went on another way is not the log that it was', async () => {
    await putBack()
    await rename(join(settings().data, 'log-head'), join(folder, 'head'))
    expect(await run()).toBe(2)
    expect(await run()).toBe(3)
    await copyFile(join(folder, 'head'), join(settings().data, 'log-head'))
    await expect(run()).rejects.toMatchObject({ code: 'LOG_CORRUPT', message: expect.stringContaining('are not those') })
  })
  test('is no trouble where the data was put back with it, and a head that cannot be read is none', async () => {
    await writeFile(join(settings().data, 'log-head'), 'nonsense')
    expect(await run()).toBe(3)
  })
})
