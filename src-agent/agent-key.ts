import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JWK } from 'jose'
import { AppError } from '../src-protocol/app-error.ts'

export interface AgentKey {
  privateKey: KeyObject
  publicJwk: JWK
}

/**
 * The agent's own Ed25519 key, made at its first start. It never leaves the data folder, which only the agent's user may read.
 * @throws AppError CONFIG_UNREADABLE
 */
export function openAgentKey(folder: string): AgentKey {
  const file = join(folder, 'agent-key.pem')
  const privateKey = readKey(file) ?? makeKey(folder, file)
  return { privateKey, publicJwk: createPublicKey(privateKey).export({ format: 'jwk' }) }
}

function readKey(file: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(file))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new AppError('CONFIG_UNREADABLE', { file, problem: (cause as NodeJS.ErrnoException).code ?? 'not a private key' }, { cause })
  }
}

function makeKey(folder: string, file: string): KeyObject {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ed25519')
  const temporary = `${file}.new`
  writeFileSync(temporary, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  renameSync(temporary, file)
  return privateKey
}
