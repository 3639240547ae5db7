import { createWriteStream } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { findRecordings } from '../../src-node/check-store.ts'
import { buildPack } from '../../src-node/evidence/build-pack.ts'
import { openLogReader } from '../../src-node/log-reader.ts'
import { readRecordingFile } from '../../src-node/unpack-recording.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { version } from '../../src-protocol/version.ts'
import { readKeyText } from './read-verifier-key.ts'

export interface EvidenceExportOptions {
  log: string
  recordings: string
  /** a verifier key, or a file that holds one */
  key: string
  from: string
  to: string
  seed: string
  sample: number
  out: string
  now?: Date
  stdout?: NodeJS.WritableStream
}

/**
 * Writes an evidence pack from a store or a copy of it. Resolves with the exit code 0; a pack that could not be finished is removed.
 * @throws AppError FILE_UNREADABLE, KEY_INVALID, LOG_CORRUPT, INVALID_REQUEST, RECORDING_INVALID, FILE_UNWRITABLE
 */
export async function runEvidenceExport(options: EvidenceExportOptions): Promise<number> {
  const { out, stdout = process.stdout, now = new Date() } = options
  const { key } = await readKeyText(options.key)
  await requireFolder(options.log)
  const log = await openLogReader(options.log, key)
  const recordings = await findRecordings(options.recordings)
  const ports = {
    log,
    verifierKey: log.verifierKey,
    gateway: key.name,
    version,
    now,
    proofOf: (index: number) => log.tlogProof(index),
    async readRecording(session: string) {
      const path = recordings.get(session)
      return path === undefined ? undefined : readRecordingFile(path)
    },
  }
  const { from, to, seed, sample } = options
  const { zip, done } = buildPack(ports, { from, to, timeZone: 'UTC', seed, sampleSize: sample })
  await writeNew(zip, out, done)
  const { counts } = await done
  stdout.write(`${out}: ${counts.entries} log entries, ${counts.sessions} sessions, ${counts.sample} of them as a sample\n`)
  return 0
}

/** A path with a mistake in it is no damaged log. @throws AppError FILE_UNREADABLE */
async function requireFolder(folder: string): Promise<void> {
  await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('FILE_UNREADABLE', { file: folder, problem: cause.code ?? 'unreadable' }, { cause })
  })
}

async function writeNew(zip: NodeJS.ReadableStream, out: string, done: Promise<unknown>): Promise<void> {
  let mine = false
  const file = createWriteStream(out, { flags: 'wx', mode: 0o600 })
  file.once('open', () => {
    mine = true
  })
  const [written, built] = await Promise.allSettled([pipeline(zip, file), done])
  if (written.status === 'fulfilled' && built.status === 'fulfilled') return
  if (mine) await rm(out, { force: true })
  const cause: unknown =
    built.status === 'rejected' && built.reason instanceof AppError
      ? built.reason
      : written.status === 'rejected'
        ? written.reason
        : undefined
  if (cause instanceof AppError) throw cause
  const problem = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'it could not be written'
  throw new AppError('FILE_UNWRITABLE', { file: out, problem: problem === 'EEXIST' ? 'it is there already' : problem }, { cause })
}
