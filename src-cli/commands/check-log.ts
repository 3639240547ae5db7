import { parseWitnessKey } from '../../src-core/log/cosignature.ts'
import type { VerifierKey } from '../../src-core/log/signed-note.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { checkStore, type StoreCheck } from '../../src-node/check-store.ts'
import { readLimited } from './read-limited.ts'
import { readVerifierKey } from './read-verifier-key.ts'

export interface LogCheckOptions {
  log: string
  /** a verifier key, or a file that holds one */
  key: string
  recordings?: string
  /** files with checkpoints that somebody kept */
  checkpoint?: readonly string[]
  /** keys of witnesses that must have cosigned */
  witness?: readonly string[]
  json?: boolean
  stdout?: NodeJS.WritableStream
}

/** A checkpoint is a few lines. */
const maximumNoteBytes = 128 * 1024

/**
 * Audits a store. Resolves with the exit code: 0 nothing is wrong, 1 something is.
 * @throws AppError FILE_UNREADABLE, KEY_INVALID: nothing could be checked
 */
export async function runLogCheck(options: LogCheckOptions): Promise<number> {
  const { log, key, recordings, checkpoint = [], witness = [], json, stdout = process.stdout } = options
  const checkpoints = await Promise.all(
    checkpoint.map(async (name) => ({ name, note: (await readLimited(name, maximumNoteBytes, 'PROOF_FILE_INVALID')).toString() })),
  )
  const check = await checkStore(
    { log, ...(recordings !== undefined && { recordings }), checkpoints, witnesses: witness.map(witnessKey) },
    await readVerifierKey(key),
  )
  stdout.write(json ? `${JSON.stringify(check)}\n` : report(check))
  return check.findings.some(({ severity }) => severity === 'error') ? 1 : 0
}

function witnessKey(text: string): VerifierKey {
  const parsed = parseWitnessKey(text)
  if (!parsed.ok) throw new AppError('KEY_INVALID', { problem: parsed.problem })
  return parsed.key
}

function report({ entries, sessions, recordings, records, removed, findings }: StoreCheck): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const lines = findings.map(({ severity, code, place, sentence }) => `${severity.padEnd(5)}  ${code}  ${place}: ${sentence}`)
  const sum = `${entries} entries, ${sessions} sessions, ${recordings} recordings with ${records} records${removed > 0 ? `, ${removed} removed by retention` : ''}: ${errors === 0 ? 'nothing is wrong' : `${errors} errors`}`
  return `${[...lines, sum].join('\n')}\n`
}
