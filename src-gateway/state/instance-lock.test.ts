import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../src-protocol/app-error.ts'
import { lockDataFolder } from './instance-lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-lock-'))
})
afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true, force: true })
})

function failureOf(place: string): AppError {
  try {
    lockDataFolder(place)()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('it was locked')
}

test('a folder is locked once at a time', () => {
  const unlock = lockDataFolder(folder)
  expect(failureOf(folder)).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('Another gateway is running') as string })
  // asking why it failed must not have given up the lock of this process
  expect(failureOf(folder).code).toBe('CONFLICT')
  const elsewhere = spawnSync(process.execPath, [
    '--input-type=module',
    '-e',
    `const { lockDataFolder } = await import(${JSON.stringify(join(import.meta.dirname, 'instance-lock.ts'))})
     try { lockDataFolder(${JSON.stringify(folder)}); console.log('locked') } catch (error) { console.log(error.code) }`,
  ])
  expect(elsewhere.stdout.toString()).toBe('CONFLICT\n')
  unlock()
  lockDataFolder(folder)()
})

test.for([
  ['is not there', () => join(folder, 'absent'), 'ENOENT'],
  [
    'is a file',
    () => {
      writeFileSync(join(folder, 'file'), '')
      return join(folder, 'file')
    },
    'ENOTDIR',
  ],
] as const)('a folder that %s is no other gateway', ([, place, problem]) => {
  const failure = failureOf(place())
  expect({ code: failure.code, problem: failure.data['problem'] }).toEqual({ code: 'CONFIG_UNREADABLE', problem })
})

test('a lock file that is none is told as it is', () => {
  mkdirSync(join(folder, 'gateway.lock'))
  expect(failureOf(folder)).toMatchObject({
    code: 'CONFIG_UNREADABLE',
    data: { problem: expect.stringContaining('SQLITE_CANTOPEN') as string },
  })
})

test('a folder that this user may not write to is no other gateway', () => {
  chmodSync(folder, 0o500)
  const script = `const { lockDataFolder } = await import(${JSON.stringify(join(import.meta.dirname, 'instance-lock.ts'))})
    if (process.getuid?.() === 0) process.setuid(65534)
    try { lockDataFolder(${JSON.stringify(folder)}); console.log('locked') } catch (error) { console.log(error.code, error.data.problem) }`
  // the superuser may write anywhere, so it gives that up first
  if (process.getuid?.() === 0) chmodSync(folder, 0o555)
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  expect(stdout.toString()).toBe('CONFIG_UNREADABLE EACCES\n')
})
