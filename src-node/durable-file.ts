/** Writing so that a power cut does not take it back. */
import { constants, fdatasync, write, writeSync } from 'node:fs'
import { open, rename, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createPromptness } from './promptness.ts'

export interface DurableFile {
  /** bytes of what was appended, or was there before; without the zeros that may follow until `close` */
  readonly length: number
  /** Appends all bytes; they are on the disk when it resolves. One call at a time. */
  append(bytes: Uint8Array): Promise<void>
  /** To be waited for: it gives back what was reserved. */
  close(): Promise<void>
}

export type OpenDurableFile = (path: string, mode: 'create' | 'extend') => Promise<DurableFile>

/**
 * With O_DSYNC one system call writes and waits for the disk: half the latency of write and fdatasync one after the other. Elsewhere than on Linux
 * the flag is missing or promises less, and the two calls are made.
 */
const synchronous = process.platform === 'linux' ? constants.O_DSYNC : 0

/**
 * A write beyond the end of a file makes the file system log its new length and its new blocks, which takes as long as the data itself. So the write that
 * does not fit takes zeros along for those that follow: up to this many bytes, and never more than the file has, for most sessions are short.
 */
const mostReserved = 256 * 1024
/** a file so short reserves nothing */
const leastToReserve = 16 * 1024

export const openDurableFile: OpenDurableFile = async (path, mode) => {
  const creating = mode === 'create' ? constants.O_CREAT | constants.O_EXCL : 0
  const handle = await open(path, constants.O_WRONLY | creating | synchronous, 0o600)
  const { size } = await handle.stat()
  return durableFileOf(handle, size)
}

/** of the disk: all files of this process share it */
const promptness = createPromptness(setImmediate)

function durableFileOf(handle: FileHandle, size: number): DurableFile {
  /** of what was appended; behind it, up to `reserved`, are zeros */
  let end = size
  let reserved = size
  return {
    get length() {
      return end
    },
    async append(bytes) {
      const { length } = bytes
      const written = end + length <= reserved ? bytes : withZeros(bytes, end < leastToReserve ? 0 : Math.min(end, mostReserved))
      const waitHere = synchronous !== 0 && promptness.mayWaitHere(written.length)
      const start = performance.now()
      // a full disk may take the bytes and not the zeros: that is enough
      for (let at = 0; at < length;) {
        at += waitHere
          ? writeSync(handle.fd, written, at, written.length - at, end + at)
          : await writeSome(handle.fd, written, at, end + at)
        reserved = Math.max(reserved, end + at)
      }
      if (synchronous === 0) await synchronize(handle.fd)
      if (waitHere) promptness.waited(performance.now() - start)
      end += length
    },
    async close() {
      try {
        if (reserved > end) {
          await handle.truncate(end)
          await handle.sync()
        }
      } finally {
        await handle.close()
      }
    },
  }
}

function withZeros(bytes: Uint8Array, zeros: number): Uint8Array {
  if (zeros === 0) return bytes
  const whole = Buffer.alloc(bytes.length + zeros)
  whole.set(bytes)
  return whole
}

// The callback functions: a FileHandle's own methods cost an object and several promises for each write.
const writeSome = (descriptor: number, bytes: Uint8Array, offset: number, position: number): Promise<number> =>
  new Promise((resolve, reject) =>
    write(descriptor, bytes, offset, bytes.length - offset, position, (error, written) => (error ? reject(error) : resolve(written))),
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
