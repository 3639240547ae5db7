import { readFile, stat } from 'node:fs/promises'
import { AppError } from '../../src-protocol/app-error.ts'

/** Reads a file that may be anybody's. @throws AppError FILE_UNREADABLE, or `code` if it is larger than `limit` bytes */
export async function readLimited(
  path: string,
  limit: number,
  code: 'RECORDING_INVALID' | 'PROOF_FILE_INVALID' | 'KEY_INVALID' | 'POLICY_INVALID',
): Promise<Buffer> {
  try {
    if ((await stat(path)).size > limit) throw new AppError(code, { problem: `${path} has more than ${limit} bytes` })
    return await readFile(path)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const { code: reason = 'unreadable' } = cause as NodeJS.ErrnoException
    throw new AppError('FILE_UNREADABLE', { file: path, problem: reason === 'ENOENT' ? 'it is not there (ENOENT)' : reason }, { cause })
  }
}
