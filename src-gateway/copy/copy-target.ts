import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Where the second copy goes. Names are paths with slashes; what was written is durable, and was read back, when it resolves. */
export interface CopyTarget {
  /** undefined: there is no such file */
  read(name: string): Promise<Uint8Array | undefined>
  write(name: string, bytes: Uint8Array): Promise<void>
  /** a file of any size, of this computer */
  writeFile(name: string, path: string): Promise<void>
  /** whether it has, to the last byte, what a file of this computer has */
  isSame(name: string, path: string): Promise<boolean>
  remove(name: string): Promise<void>
  /** of what lies in a folder only this one name is kept; undefined: the folder goes, too */
  keepOnly(folder: string, name: string | undefined): Promise<void>
  isEmpty(): Promise<boolean>
}

const pieceBytes = 1024 * 1024

/**
 * A folder, usually of another computer. Every call waits for the disk in the thread that it is made in, and in no other: a mount that hangs takes neither a
 * thread of Node's pool nor the event loop of the gateway. So it is used in a thread of its own (copy-worker.ts).
 */
export function folderTarget(folder: string): CopyTarget {
  const pathOf = (name: string) => join(folder, name)

  function replace(name: string, pieces: Iterable<Uint8Array>): void {
    const path = pathOf(name)
    const parent = dirname(path)
    const made = mkdirSync(parent, { recursive: true, mode: 0o700 })
    const temporary = join(parent, `new-${basename(path)}`)
    const written = createHash('sha256')
    const file = openSync(temporary, 'w', 0o600)
    try {
      for (const piece of pieces) {
        written.update(piece)
        for (let at = 0; at < piece.length;) at += writeSync(file, piece, at)
      }
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    if (!written.digest().equals(digestOf(temporary))) throw new Error(`${name} reads otherwise than it was written`)
    renameSync(temporary, path)
    syncUpTo(parent, made)
  }

  /** new folders: their own names have to be durable, too */
  function syncUpTo(parent: string, made: string | undefined): void {
    sync(parent)
    const highest = made?.length ?? Infinity
    for (let above = parent; above.length >= highest; above = dirname(above)) sync(dirname(above))
  }

  return {
    async read(name) {
      return existsSync(pathOf(name)) ? readFileSync(pathOf(name)) : undefined
    },
    async write(name, bytes) {
      replace(name, [bytes])
    },
    async writeFile(name, path) {
      replace(name, piecesOf(path))
    },
    async isSame(name, path) {
      return existsSync(pathOf(name)) && digestOf(pathOf(name)).equals(digestOf(path))
    },
    async remove(name) {
      if (!existsSync(pathOf(name))) return
      rmSync(pathOf(name))
      sync(dirname(pathOf(name)))
    },
    async keepOnly(name, kept) {
      const path = pathOf(name)
      if (!existsSync(path)) return
      for (const other of readdirSync(path)) if (other !== kept) rmSync(join(path, other), { recursive: true })
      if (kept === undefined) rmSync(path, { recursive: true })
    },
    async isEmpty() {
      return readdirSync(folder).every((name) => name === 'lost+found')
    },
  }
}

function digestOf(path: string): Buffer {
  const hash = createHash('sha256')
  for (const piece of piecesOf(path)) hash.update(piece)
  return hash.digest()
}

function* piecesOf(path: string): Generator<Uint8Array> {
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const piece = Buffer.alloc(pieceBytes)
      const length = readSync(file, piece)
      if (length === 0) return
      yield piece.subarray(0, length)
    }
  } finally {
    closeSync(file)
  }
}

function sync(folder: string): void {
  if (process.platform === 'win32') return
  const file = openSync(folder, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
