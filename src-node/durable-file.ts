/** Writing so that a power cut does not take it back. */
import { constants, fdatasync, write } from 'node:fs'
import { open, rename, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface DurableFile {
  /** Appends all bytes; they are on the disk when it resolves. One call at a time. */
  append(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
}

export type OpenDurableFile = (path: string, mode: 'create' | 'extend') => Promise<DurableFile>

/**
 * With O_DSYNC one system call writes and waits for the disk: half the latency of write and fdatasync one after the other. Elsewhere than on Linux
 * the flag is missing or promises less, and the two calls are made.
 */
const synchronous = process.platform === 'linux' ? constants.O_DSYNC : 0

export const openDurableFile: OpenDurableFile = async (path, mode) => {
  const creating = mode === 'create' ? constants.O_CREAT | constants.O_EXCL : 0
  const handle = await open(path, constants.O_WRONLY | constants.O_APPEND | creating | synchronous, 0o600)
  return durableFileOf(handle)
}

function durableFileOf(handle: FileHandle): DurableFile {
  return {
    async append(bytes) {
      let written = 0
      while (written < bytes.length) written += await writeSome(handle.fd, bytes, written)
      if (synchronous === 0) await synchronize(handle.fd)
    },
    close: () => handle.close(),
  }
}

// The callback functions: a FileHandle's own methods cost an object and several promises for each write.
const writeSome = (descriptor: number, bytes: Uint8Array, offset: number): Promise<number> =>
  new Promise((resolve, reject) =>
    write(descriptor, bytes, offset, bytes.length - offset, null, (error, written) => (error ? reject(error) : resolve(written))),
  )

const synchronize = (descriptor: number): Promise<void> =>
  new Promise((resolve, reject) => fdatasync(descriptor, (error) => (error ? reject(error) : resolve())))

/** Writes a whole file under a temporary name, waits for the disk, then gives it its name: there is never half a file. The folder is left to `syncFolder`. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
}

/** Makes names in a folder durable: files that were created, renamed or removed. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Renames across folders and makes both durable. */
export async function moveFile(from: string, to: string): Promise<void> {
  await rename(from, to)
  await Promise.all([syncFolder(dirname(to)), syncFolder(dirname(from))])
}

/** What a system call says, as words for an error's `problem`. */
export function problemOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full'
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return 'the folder may not be written'
    case 'EIO':
      return 'the disk reports an error'
    default:
      return code ?? 'an unknown error'
  }
}
