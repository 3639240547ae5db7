import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../../src-protocol/app-error.ts'
import { openRecord } from '../../../src-protocol/recording.ts'
import { maximumRecordingBytes } from '../../../src-core/recording/record-lines.ts'

export interface RecordingFiles {
  recording: Buffer
  proof: string
  verifierKey: string
}

const smallFileLimit = 1024 * 1024
const keyFileLimit = 100

/**
 * Reads a recording with the proof and the verifier key that lie beside it, as an export writes them: `<name>.jsonl`,
 * `<name>.tlog-proof`, and a `.pub` of the log that the recording names.
 * @throws AppError RECORDING_INVALID, PROOF_FILE_INVALID, KEY_INVALID
 */
export function readRecordingFiles(file: string): RecordingFiles {
  const folder = dirname(file)
  const recording = readLimited(file, maximumRecordingBytes, (problem) => new AppError('RECORDING_INVALID', { problem }))
  const proofFile = join(folder, `${basename(file).replace(/\.(jsonl|ndjson)$/, '')}.tlog-proof`)
  const proof = readLimited(proofFile, smallFileLimit, (problem) => new AppError('PROOF_FILE_INVALID', { problem })).toString('utf8')
  const origin = originOf(recording)
  const verifierKey = keysIn(folder).find((key) => key.startsWith(`${origin}+`))
  if (verifierKey === undefined) {
    throw new AppError('KEY_INVALID', { problem: `no verifier key (.pub) of the log ${origin} lies beside the recording` })
  }
  return { recording, proof, verifierKey }
}

function originOf(recording: Buffer): string {
  const end = recording.indexOf(0x0a)
  const first = openRecord.safeParse(parseJson(recording.subarray(0, end < 0 ? recording.length : end).toString('utf8')))
  if (!first.success) throw new AppError('RECORDING_INVALID', { problem: 'its first line does not open a session' })
  return first.data.logOrigin
}

function keysIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.pub'))
  return names.slice(0, keyFileLimit).map((name) => {
    const invalid = (problem: string) => new AppError('KEY_INVALID', { problem })
    return readLimited(join(folder, name), smallFileLimit, invalid).toString('utf8').trim()
  })
}

function readLimited(file: string, limit: number, invalid: (problem: string) => AppError): Buffer {
  const name = basename(file)
  try {
    const { size } = statSync(file)
    if (size > limit) throw invalid(`${name} has ${size} bytes; at most ${limit} are read`)
    return readFileSync(file)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw invalid(`${name} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
