import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** The Ed25519 key that signs the log's checkpoints: made at the first start, readable by its owner only. */
export function openLogKey(folder: string): KeyObject {
  const file = join(folder, 'log-key.pem')
  try {
    return createPrivateKey(readFileSync(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  writeDurably(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), folder)
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
  const directory = openSync(folder, 'r')
  fsyncSync(directory)
  closeSync(directory)
}
