import { mkdirSync } from 'node:fs'
import { AppError } from '../src-protocol/app-error.ts'

/**
 * A program's own folder, readable by its owner only; made if it is not there.
 * @throws AppError CONFIG_INVALID, naming the key `data`
 */
export function openDataFolder(folder: string, program: 'gateway' | 'agent'): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new AppError(
      'CONFIG_INVALID',
      { file: `of the ${program}`, problem: `data: ${folder} cannot be used as a folder (${code})` },
      { cause },
    )
  }
}
