import { join } from 'node:path'
import Database from 'better-sqlite3'
import { AppError } from '../../src-protocol/app-error.ts'

/**
 * Lets one gateway at a time use a data folder: two would each number sessions and sign the log. The lock is an open SQLite
 * transaction, so the operating system releases it however the process ends.
 * @throws AppError CONFLICT
 */
export function lockDataFolder(folder: string): () => void {
  const lock = new Database(join(folder, 'gateway.lock'), { timeout: 0 })
  try {
    lock.pragma('journal_mode = DELETE')
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new AppError('CONFLICT', { problem: `Another gateway is running on the data folder ${folder}` }, { cause })
  }
  return () => lock.close()
}
