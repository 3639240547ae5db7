/** Writing so that a power cut does not take it back. */
import { constants, fdatasync, write, writeSync, type Stats } from 'node:fs'
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
/** Files that hold a descriptor at the same time: there are many more sessions than that, and a system gives a process only so many. */
const mostAwakeFiles = 1000

/** of the disk: all files of this process share it */
const promptness = createPromptness(setImmediate)

/** Files of which some rest: one that is not written gives its descriptor back, and takes another when it is written again. */
export function createDurableFiles(mostAwake: number): OpenDurableFile {
  const pool: FilePool = { awake: new Set(), mostAwake }
  return async (path, mode) => {
    const creating = mode === 'create' ? constants.O_CREAT | constants.O_EXCL : 0
    const handle = await open(path, constants.O_WRONLY | creating | synchronous, 0o600)
    const { size, ino } = await statOrClose(handle)
    return new AppendedFile(pool, path, handle, size, ino)
  }
}

export const openDurableFile: OpenDurableFile = createDurableFiles(mostAwakeFiles)

interface FilePool {
  /** those with a descriptor, the one that has it for longest first */
  readonly awake: Set<AppendedFile>
  readonly mostAwake: number
}

/** A class and no closures: there is one for each running session, and most of them rest. */
class AppendedFile implements DurableFile {
  readonly #pool: FilePool
  readonly #path: string
  readonly #inode: number
  #handle: FileHandle | undefined
  /** of what was appended; behind it, up to `reserved`, are zeros */
  #end: number
  #reserved: number
  #writing = false
  /** since somebody looked whether it may rest */
  #used = true
  #closed = false

  constructor(pool: FilePool, path: string, handle: FileHandle, size: number, inode: number) {
    this.#pool = pool
    this.#path = path
    this.#inode = inode
    this.#end = size
    this.#reserved = size
    this.#handle = handle
    this.#takePlace()
  }

  get length(): number {
    return this.#end
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#used = true
    this.#writing = true
    try {
      const { fd } = this.#handle ?? (await this.#wake())
      const { length } = bytes
      const end = this.#end
      const written = end + length <= this.#reserved ? bytes : withZeros(bytes, end < leastToReserve ? 0 : Math.min(end, mostReserved))
      const waitHere = synchronous !== 0 && promptness.mayWaitHere(written.length)
      const start = performance.now()
      // a full disk may take the bytes and not the zeros: that is enough
      for (let at = 0; at < length;) {
        at += waitHere ? writeSync(fd, written, at, written.length - at, end + at) : await writeSome(fd, written, at, end + at)
        this.#reserved = Math.max(this.#reserved, end + at)
      }
      if (synchronous === 0) await synchronize(fd)
      if (waitHere) promptness.waited(performance.now() - start)
      this.#end = end + length
    } finally {
      this.#writing = false
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    const handle = this.#handle ?? (this.#reserved > this.#end ? await this.#wake() : undefined)
    this.#closed = true
    this.#handle = undefined
    this.#pool.awake.delete(this)
    if (!handle) return
    try {
      if (this.#reserved > this.#end) {
        await handle.truncate(this.#end)
        await handle.sync()
      }
    } finally {
      await handle.close()
    }
  }

  /** Whoever was not written since the last look gives its place. All may be busy: then there is one place more. */
  #takePlace(): void {
    const { awake, mostAwake } = this.#pool
    awake.add(this)
    let looks = awake.size * 2
    for (const file of awake) {
      if (awake.size <= mostAwake || looks === 0) return
      looks -= 1
      awake.delete(file)
      if (file === this || !file.#rest()) awake.add(file)
    }
  }

  #rest(): boolean {
    if (this.#used || this.#writing) {
      this.#used = false
      return false
    }
    // everything is on the disk: nothing depends on how this ends
    this.#handle?.close().catch(() => {})
    this.#handle = undefined
    return true
  }

  /** @throws what the system says, or that it is no longer the same file */
  async #wake(): Promise<FileHandle> {
    if (this.#closed) throw closedError()
    const handle = await open(this.#path, constants.O_WRONLY | synchronous)
    const { size, ino } = await statOrClose(handle)
    if (size !== this.#reserved || ino !== this.#inode) {
      await handle.close()
      throw Object.assign(new Error('another file stands in its place'), { code: 'ESTALE' })
    }
    // closed, or woken by somebody else, while it woke: nobody would close this one
    if (this.#closed || this.#handle) {
      await handle.close()
      if (this.#closed || !this.#handle) throw closedError()
      return this.#handle
    }
    this.#handle = handle
    this.#takePlace()
    return handle
  }
}

const closedError = () => Object.assign(new Error('the file is closed'), { code: 'EBADF' })

async function statOrClose(handle: FileHandle): Promise<Stats> {
  try {
    return await handle.stat()
  } catch (error) {
    await handle.close()
    throw error
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
    case 'ESTALE':
      return 'another file stands in its place'
    case 'EMFILE':
    case 'ENFILE':
      return 'the system gives this process no more files'
    default:
      return code ?? 'an unknown error'
  }
}
