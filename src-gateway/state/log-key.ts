import { createPrivateKey, generateKeyPairSync, hkdfSync, type KeyObject } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../src-protocol/app-error.ts'
import { formatVerifierKey, verifierKeyOf } from '../../src-core/log/signed-note.ts'

export interface LogKeys {
  /** signs the log's checkpoints */
  privateKey: KeyObject
  /** made to take over; it is there only if a rotation did not come to its end */
  nextKey?: KeyObject
}

/** The Ed25519 key that signs the log's checkpoints: made at the first start, readable by its owner only. */
export function openLogKeys(folder: string): LogKeys {
  const nextKey = readKey(join(folder, nextName))
  return { privateKey: readKey(join(folder, name)) ?? makeKey(folder, name), ...(nextKey && { nextKey }) }
}

/** A secret for one purpose, that nobody has who does not have the log's key. */
export function secretOfLogKey(folder: string, purpose: string): Uint8Array {
  const key = openLogKeys(folder).privateKey.export({ type: 'pkcs8', format: 'der' })
  return new Uint8Array(hkdfSync('sha256', key, '', purpose, 32))
}

/** A key for a rotation, on the disk before the log hears of it. One that an earlier rotation left, and the log never came to, is replaced. */
export const stageNextLogKey = (folder: string): KeyObject => makeKey(folder, nextName)

/**
 * Ends a rotation, or what a crash left of one: a next key that the log has come to takes the place of the old one, which is gone then; any other
 * is dropped.
 * @param current verifier key that signs the log
 */
export function settleLogKeys(folder: string, origin: string, { nextKey }: Pick<LogKeys, 'nextKey'>, current: string): void {
  if (!nextKey) return
  if (formatVerifierKey(verifierKeyOf(origin, nextKey)) === current) renameSync(join(folder, nextName), join(folder, name))
  else rmSync(join(folder, nextName))
  synchronize(folder)
}

const name = 'log-key.pem'
const nextName = 'log-key.next.pem'

function readKey(file: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    // another key in its place would be a log that nobody knows
    throw new AppError('FILE_UNREADABLE', { file, problem: 'it does not hold the key of the log' }, { cause: error })
  }
}

function makeKey(folder: string, as: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519')
  writeDurably(join(folder, as), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), folder)
  return privateKey
}

/** Written aside, synced, renamed, and the folder synced: a crash leaves the whole key or none. */
function writeDurably(file: string, text: string, folder: string): void {
  const aside = `${file}.new`
  const descriptor = openSync(aside, 'w', 0o600)
  writeSync(descriptor, text)
  fsyncSync(descriptor)
  closeSync(descriptor)
  renameSync(aside, file)
  synchronize(folder)
}

function synchronize(folder: string): void {
  const directory = openSync(folder, 'r')
  fsyncSync(directory)
  closeSync(directory)
}
