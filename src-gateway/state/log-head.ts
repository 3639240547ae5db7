import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseBase64 } from '../../src-core/log/base64.ts'
import { readClaimedCheckpoint, type Checkpoint } from '../../src-core/log/checkpoint.ts'
import { isHash, type Hash } from '../../src-core/log/merkle-hash.ts'
import { verifyConsistency } from '../../src-core/log/merkle-proof.ts'
import { replaceFile } from '../../src-node/durable-file.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { AppError } from '../../src-protocol/app-error.ts'

const name = 'log-head'
const restMs = 60_000

type Head = Pick<TransparencyLog, 'checkpoint' | 'consistencyProof' | 'onCheckpoint'>

/**
 * The data folder remembers a checkpoint of the log. A log that was put back to an earlier state, as from a backup of its own, would be signed on from there:
 * a second history, and an alarm on every desktop. A gateway that can see it does not begin.
 * @throws AppError LOG_CORRUPT
 */
export async function checkLogHead(data: string, log: Head): Promise<void> {
  const known = await readHead(join(data, name))
  const now = readClaimedCheckpoint(log.checkpoint())
  if (!known || !now) return
  const howTo = `if it has to be so, remove ${join(data, name)}`
  if (known.size > now.size) {
    throw new AppError('LOG_CORRUPT', {
      problem: `it has ${now.size} entries, and had ${known.size}: it was put back to an earlier state; ${howTo}`,
    })
  }
  const hashes = known.size === 0 ? [] : await log.consistencyProof(known.size, now.size)
  const path = hashes.map(parseBase64).filter((hash): hash is Hash & Buffer => hash !== undefined && isHash(hash))
  if (!verifyConsistency(known, now, path)) {
    throw new AppError('LOG_CORRUPT', { problem: `its first ${known.size} entries are not those that this gateway had written; ${howTo}` })
  }
}

/**
 * Remembers the first checkpoint, and from then on one a minute at most. It is no part of the log: a head that cannot be written stops nothing.
 * @returns waits for what is being written
 */
export function keepLogHead(data: string, log: Head, elapsed: () => number = () => performance.now()): () => Promise<void> {
  let next = -Infinity
  let writing: Promise<void> | undefined
  const forget = log.onCheckpoint((note) => {
    if (writing || elapsed() < next) return
    next = elapsed() + restMs
    writing = replaceFile(join(data, name), Buffer.from(note))
      .catch(() => undefined)
      .finally(() => (writing = undefined))
  })
  return async () => {
    forget()
    await writing
  }
}

async function readHead(file: string): Promise<Checkpoint | undefined> {
  const note = await readFile(file, 'utf8').catch(() => '')
  return readClaimedCheckpoint(note)
}
