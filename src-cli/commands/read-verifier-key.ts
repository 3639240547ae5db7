import { parseVerifierKey, type VerifierKey } from '../../src-core/log/signed-note.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { readLimited } from './read-limited.ts'

/** A key is a line. */
const maximumKeyBytes = 64 * 1024

/** @param given a verifier key, or a file that holds one. @throws AppError FILE_UNREADABLE, KEY_INVALID */
export const readVerifierKey = async (given: string): Promise<VerifierKey> => (await readKeyText(given)).key

/** The same, with the key as it is written. */
export async function readKeyText(given: string): Promise<{ text: string; key: VerifierKey }> {
  const direct = parseVerifierKey(given)
  if (direct.ok) return { text: given, key: direct.key }
  const bytes = await readLimited(given, maximumKeyBytes, 'KEY_INVALID').catch((error: unknown) => {
    // Neither a key nor a file: a key with a mistake in it deserves to be told so.
    if (given.includes('+')) return Buffer.from(given)
    if (error instanceof AppError && error.code === 'FILE_UNREADABLE' && !/[\\/.]/.test(given))
      throw new AppError('KEY_INVALID', { problem: `${given} is neither a key nor a file` }, { cause: error })
    throw error
  })
  const text = bytes.toString().trim()
  const parsed = parseVerifierKey(text)
  if (!parsed.ok) throw new AppError('KEY_INVALID', { problem: parsed.problem })
  return { text, key: parsed.key }
}
