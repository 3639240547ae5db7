import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { problemOf } from '../../src-node/durable-file.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { Vote } from '../../src-protocol/model.ts'

/** The system's own store of secrets, where it has one. */
export interface SecretStore {
  seal(text: string): Buffer
  /** throws if it was not sealed here */
  open(sealed: Buffer): string
}

/**
 * A reviewer's lasting key (ES256). The key of a sign-in is new each time, and only the gateway can say whose it is; this one stays, so that an
 * agent's administrator can be told whose it is past the gateway. It opens nothing: all it can do is sign votes. It is made when somebody asks
 * for it, and never leaves this computer.
 */
export interface ReviewerKey {
  /** undefined: there is none */
  readonly text: string | undefined
  /** sealed by the system's store of secrets; else its file is readable by this user only */
  readonly sealed: boolean
  /** makes it, if there is none. @throws AppError FILE_UNWRITABLE */
  create(): void
  /** undefined: there is none */
  sign(text: string): Vote['reviewer']
}

const stored = z.object({ v: z.literal(1), sealed: z.boolean(), key: z.string() })

/** @throws AppError FILE_UNREADABLE: a new key would not be the one that agents know */
export function openReviewerKey(file: string, store: SecretStore | undefined): ReviewerKey {
  let current = readKey(file, store)
  return {
    get text() {
      return current && textOf(current.privateKey)
    },
    get sealed() {
      return current ? current.sealed : store !== undefined
    },
    create() {
      if (current) return
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
      const sealed = store !== undefined
      const key = store ? store.seal(pem).toString('base64') : pem
      try {
        writeFileSync(`${file}.new`, JSON.stringify({ v: 1, sealed, key }), { mode: 0o600, flush: true })
        renameSync(`${file}.new`, file)
      } catch (cause) {
        throw new AppError('FILE_UNWRITABLE', { file, problem: problemOf(cause) }, { cause })
      }
      current = { privateKey, sealed }
    },
    sign(text) {
      if (!current) return undefined
      const { privateKey } = current
      const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
      return { key: textOf(privateKey), signature }
    },
  }
}

function readKey(file: string, store: SecretStore | undefined): { privateKey: KeyObject; sealed: boolean } | undefined {
  const unreadable = (problem: string, cause?: unknown) => new AppError('FILE_UNREADABLE', { file, problem }, { cause })
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(problemOf(cause), cause)
  }
  try {
    const { sealed, key } = stored.parse(JSON.parse(text))
    if (!sealed) return { privateKey: createPrivateKey(key), sealed }
    if (store) return { privateKey: createPrivateKey(store.open(Buffer.from(key, 'base64'))), sealed }
  } catch {
    // the error may quote what it could not read
    throw unreadable('it does not hold a key that this computer can open')
  }
  throw unreadable('the system’s store of secrets, which sealed it, is not there')
}

function textOf(privateKey: KeyObject): string {
  const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  return `ES256.${x}.${y}`
}
