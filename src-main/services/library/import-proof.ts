import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import { logEntry } from '../../../src-protocol/log-entry.ts'
import { parseTlogProof } from '../../../src-core/log/tlog-proof.ts'
import type { Library } from '../library.ts'
import { readRecordingFiles } from './read-recording-files.ts'

/**
 * A proof by itself: with the recording that lies beside it under its name, or else for the recording of its session that is here already.
 * @throws AppError PROOF_FILE_INVALID, PROOF_ALONE, CONFLICT (it does not verify, and the one that is here does), and as for a recording
 */
export function importProof(library: Pick<Library, 'add' | 'addProof'>, path: string): LibraryRow {
  const base = basename(path).replace(/\.tlog-proof$/i, '')
  const beside = ['.jsonl', '.ndjson'].map((ending) => join(dirname(path), `${base}${ending}`)).find((file) => existsSync(file))
  if (beside !== undefined) {
    const { recording, proof, verifierKey } = readRecordingFiles(beside)
    return library.add(recording, proof, verifierKey)
  }
  const proof = readFileSync(path, 'utf8')
  return library.addProof(sessionOfProof(proof), proof)
}

function sessionOfProof(text: string): SessionId {
  const parsed = parseTlogProof(text)
  if (!parsed.ok) throw new AppError('PROOF_FILE_INVALID', { problem: parsed.problem })
  const entry = logEntry.safeParse(parseJson(Buffer.from(parsed.proof.entry).toString('utf8')))
  if (!entry.success || entry.data.kind !== 'session.close') {
    throw new AppError('PROOF_FILE_INVALID', { problem: 'it is about another entry of the log than the end of a session' })
  }
  return entry.data.session
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
