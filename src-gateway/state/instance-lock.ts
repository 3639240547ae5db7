import { accessSync, constants, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { AppError } from '../../src-protocol/app-error.ts'

/**
 * Lets one gateway at a time use a data folder: two would each number sessions and sign the log. The lock is an open SQLite
 * transaction, so the operating system releases it however the process ends.
 * @throws AppError CONFLICT (another gateway has it), CONFIG_UNREADABLE (the folder cannot be used)
 */
export function lockDataFolder(folder: string): () => void {
  let lock: Database.Database | undefined
  try {
    lock = new Database(join(folder, 'gateway.lock'), { timeout: 0 })
    lock.pragma('journal_mode = DELETE')
    lock.exec('BEGIN EXCLUSIVE')
    const held = lock
    return () => held.close()
  } catch (cause) {
    lock?.close()
    throw whyNotLocked(folder, cause)
  }
}

function whyNotLocked(folder: string, cause: unknown): AppError {
  const code = cause instanceof Database.SqliteError ? cause.code : ''
  if (/^SQLITE_(BUSY|LOCKED)/.test(code))
    return new AppError('CONFLICT', { problem: `Another gateway is running on the data folder ${folder}` }, { cause })
  return new AppError('CONFIG_UNREADABLE', { file: `data: ${folder}`, problem: problemOf(folder, code) }, { cause })
}

/** SQLite says that it cannot open a file, the operating system says why. */
function problemOf(folder: string, code: string): string {
  const file = join(folder, 'gateway.lock')
  try {
    // a file that is there is only looked at: to open and close it here would give up a lock that this process holds on it
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK)
    else writeFileSync(file, '', { flag: 'wx' })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  }
  return code === '' ? 'the lock file gateway.lock in it' : `the lock file gateway.lock in it: ${code}`
}
