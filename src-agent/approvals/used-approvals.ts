import { closeSync, fdatasyncSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { problemOf } from '../../src-node/durable-file.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { sha256Hex, timestamp } from '../../src-protocol/ids.ts'

/** Which approvals have been used here, also before a restart. */
export interface UsedApprovals {
  /**
   * Takes an approval's one use: on the disk before it returns.
   * @param until it could be used; it is remembered longer
   * @returns false if it was taken before
   * @throws AppError FILE_UNWRITABLE
   */
  take(digest: string, until: Date): boolean
  close(): void
}

const line = z.object({ digest: sha256Hex, until: timestamp })

/** A clock that was set back must not bring an approval back within this time. */
const rememberedMs = 7 * 24 * 3600 * 1000

/** @throws AppError CONFIG_UNREADABLE, FILE_UNWRITABLE */
export function openUsedApprovals(folder: string, now: Date): UsedApprovals {
  const file = join(folder, 'used-approvals.jsonl')
  const kept = readLines(file).filter(({ until }) => Date.parse(until) + rememberedMs > now.getTime())
  const used = new Set(kept.map(({ digest }) => digest))
  const unwritable = (cause: unknown) => new AppError('FILE_UNWRITABLE', { file, problem: problemOf(cause) }, { cause })
  let descriptor: number
  try {
    writeFileSync(`${file}.new`, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600, flush: true })
    renameSync(`${file}.new`, file)
    descriptor = openSync(file, 'a', 0o600)
  } catch (cause) {
    throw unwritable(cause)
  }
  return {
    take(digest, until) {
      if (used.has(digest)) return false
      // whatever becomes of the disk: within this process it is used
      used.add(digest)
      try {
        writeSync(descriptor, `${JSON.stringify({ digest, until: until.toISOString() })}\n`)
        fdatasyncSync(descriptor)
      } catch (cause) {
        throw unwritable(cause)
      }
      return true
    },
    close: () => closeSync(descriptor),
  }
}

function readLines(file: string): z.infer<typeof line>[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new AppError('CONFIG_UNREADABLE', { file, problem: problemOf(cause) }, { cause })
  }
  const lines = text.split('\n')
  // the last line may have been torn by a crash: then its call did not go on
  const torn = lines.pop()
  try {
    return lines.map((entry) => line.parse(JSON.parse(entry)))
  } catch (cause) {
    throw new AppError('CONFIG_UNREADABLE', { file, problem: `it is damaged${torn ? ' and torn' : ''}` }, { cause })
  }
}
