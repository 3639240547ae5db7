import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { basename } from 'node:path'
import type { Logger } from '../../src-node/logger.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { DocumentKind } from './document-version.ts'
import type { Policies } from './policies.ts'

const lookEveryMs = 500

/**
 * Reads a document's file and follows its changes. By looking, not by notifications: those do not come from every mounted folder.
 * A file with an error leaves the version in force, also at start.
 * @throws AppError CONFIG_UNREADABLE, POLICY_INVALID, MASKING_INVALID if there is no version in force that could stay
 */
export async function watchDocument(policies: Policies, kind: DocumentKind, file: string, log: Logger): Promise<() => void> {
  const read = () => policies.fileRead(kind, readText(file), `file ${basename(file)}`)
  const complain = (error: unknown) => {
    const problem = error instanceof AppError ? error.message : String(error)
    log.error({ kind, file, problem }, 'the file is not valid: the version in force stays')
  }
  const restored = await policies.restore(kind)
  try {
    await read()
  } catch (error) {
    if (!restored) throw error
    complain(error)
  }
  const changed = () => {
    void Promise.resolve()
      .then(read)
      .then((outcome) => log.info({ kind, file, outcome, version: policies.inForce()[kind].version }, 'document read'))
      .catch(complain)
  }
  watchFile(file, { interval: lookEveryMs, persistent: false }, changed)
  return () => unwatchFile(file, changed)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('CONFIG_UNREADABLE', { file, problem: (cause as NodeJS.ErrnoException).code ?? 'unreadable' }, { cause })
  }
}
