import { accessSync, constants } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** For small stores of tests that are not about the disk: in memory where the system has room for it, for there each entry of a log waits for nothing. */
export const makeQuickFolder = (prefix: string): Promise<string> => mkdtemp(join(quickest(), prefix))

function quickest(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}
