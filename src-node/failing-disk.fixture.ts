/** For tests: a disk that fails at a chosen step. Node's own functions are replaced, so that nothing that is tested has to know of it. */
import fs from 'node:fs'
import promises, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

export type Failure =
  /** the process is gone: this step is not done, and none after it */
  | 'crash'
  /** the same, with half of what this step writes on the disk */
  | 'torn'
  /** this step is refused, others are not */
  | 'ENOSPC'
  | 'EROFS'

export interface FailingDisk {
  /** whether the chosen step was reached */
  readonly hasFailed: boolean
  /** what was done until then, and at the failure */
  readonly steps: readonly string[]
  restore(): void
}

const original = {
  open: promises.open,
  rename: promises.rename,
  mkdir: promises.mkdir,
  rm: promises.rm,
  write: fs.write,
  writeSync: fs.writeSync,
}

/** @param at number of the step that fails, counted from 0 */
export function failAt(at: number, failure: Failure): FailingDisk {
  const steps: string[] = []
  let hasFailed = false
  let isDead = false
  const errorOf = (code: string) => Object.assign(new Error(code), { code })

  /** @returns whether only half may be written; throws if nothing may be done */
  function step(what: string): boolean {
    if (isDead) throw errorOf('EIO')
    steps.push(what)
    if (steps.length - 1 !== at) return false
    hasFailed = true
    isDead = failure === 'crash' || failure === 'torn'
    if (failure === 'torn' && what === 'write') return true
    throw errorOf(isDead ? 'EIO' : failure)
  }
  const half = (bytes: Uint8Array) => bytes.subarray(0, Math.floor(bytes.length / 2))

  const watch = (handle: FileHandle): FileHandle => {
    const [writeFile, sync] = [handle.writeFile.bind(handle), handle.sync.bind(handle)]
    handle.writeFile = async (data) => {
      const torn = step('write')
      await writeFile(torn ? half(data as Uint8Array) : data)
      if (torn) throw errorOf('EIO')
    }
    handle.sync = async () => {
      step('sync')
      await sync()
    }
    return handle
  }
  promises.open = async (...given) => {
    step('open')
    return watch(await original.open(...given))
  }
  promises.rename = async (...given) => {
    step('rename')
    await original.rename(...given)
  }
  promises.mkdir = (async (...given: Parameters<typeof original.mkdir>) => {
    step('mkdir')
    return original.mkdir(...given)
  }) as typeof original.mkdir
  promises.rm = async (...given) => {
    step('rm')
    await original.rm(...given)
  }
  fs.write = ((...given: [number, Uint8Array, number, number, number | null, (error: Error | null, written: number) => void]) => {
    const [descriptor, bytes, offset, length, position, done] = given
    try {
      if (!step('write')) return original.write(descriptor, bytes, offset, length, position, done)
    } catch (error) {
      return setImmediate(done, error as Error, 0)
    }
    return original.write(descriptor, bytes, offset, Math.floor(length / 2), position, () => done(errorOf('EIO'), 0))
  }) as typeof original.write
  fs.writeSync = ((...given: [number, Uint8Array, number, number, number | null]) => {
    const [descriptor, bytes, offset, length, position] = given
    if (!step('write')) return original.writeSync(descriptor, bytes, offset, length, position)
    original.writeSync(descriptor, bytes, offset, Math.floor(length / 2), position)
    throw errorOf('EIO')
  }) as typeof original.writeSync
  syncBuiltinESMExports()

  return {
    get hasFailed() {
      return hasFailed
    },
    steps,
    restore() {
      Object.assign(promises, { open: original.open, rename: original.rename, mkdir: original.mkdir, rm: original.rm })
      Object.assign(fs, { write: original.write, writeSync: original.writeSync })
      syncBuiltinESMExports()
    },
  }
}
