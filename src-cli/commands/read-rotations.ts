import { z } from 'zod'
import { AppError } from '../../src-protocol/app-error.ts'
import { readLimited } from './read-limited.ts'

/** A key is replaced once a year or so, and a proof is a few kilobytes. */
const maximumRotationsBytes = 4 * 1024 * 1024

/** Proofs of the log entries that replaced its key, as packs and exports carry them. @throws AppError FILE_UNREADABLE, PROOF_FILE_INVALID */
export async function readRotations(file: string): Promise<string[]> {
  const text = (await readLimited(file, maximumRotationsBytes, 'PROOF_FILE_INVALID')).toString()
  try {
    return z.array(z.string()).parse(JSON.parse(text))
  } catch (cause) {
    throw new AppError('PROOF_FILE_INVALID', { problem: `${file} is no list of proofs` }, { cause })
  }
}
