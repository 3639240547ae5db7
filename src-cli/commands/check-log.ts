import { checkStore, type StoreCheck } from '../../src-node/check-store.ts'
import { readVerifierKey } from './read-verifier-key.ts'

export interface LogCheckOptions {
  log: string
  /** a verifier key, or a file that holds one */
  key: string
  recordings?: string
  json?: boolean
  stdout?: NodeJS.WritableStream
}

/**
 * Audits a store. Resolves with the exit code: 0 nothing is wrong, 1 something is.
 * @throws AppError FILE_UNREADABLE, KEY_INVALID: nothing could be checked
 */
export async function runLogCheck({ log, key, recordings, json, stdout = process.stdout }: LogCheckOptions): Promise<number> {
  const check = await checkStore({ log, ...(recordings !== undefined && { recordings }) }, await readVerifierKey(key))
  stdout.write(json ? `${JSON.stringify(check)}\n` : report(check))
  return check.findings.some(({ severity }) => severity === 'error') ? 1 : 0
}

function report({ entries, sessions, recordings, records, findings }: StoreCheck): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const lines = findings.map(({ severity, code, place, sentence }) => `${severity.padEnd(5)}  ${code}  ${place}: ${sentence}`)
  const sum = `${entries} entries, ${sessions} sessions, ${recordings} recordings with ${records} records: ${errors === 0 ? 'nothing is wrong' : `${errors} errors`}`
  return `${[...lines, sum].join('\n')}\n`
}
