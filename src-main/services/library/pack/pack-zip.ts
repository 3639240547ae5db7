import { createHash } from 'node:crypto'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { AppError } from '../../../../src-protocol/app-error.ts'

/** A pack, packed or unpacked, whose list of files has been looked through: nothing of it has been read yet. */
export interface PackZip {
  paths: ReadonlySet<string>
  /** Reads a file whole. @throws AppError PACK_REFUSED (it is larger than `most`), PACK_INVALID (it cannot be read, or is not there) */
  read(path: string, most: number): Promise<Buffer>
  /** its SHA-256 and length; `onBytes` is told after each piece, and may throw */
  hash(path: string, onBytes: (bytes: number) => void): Promise<{ sha256: string; bytes: number }>
  /** of all files, unpacked */
  bytes: number
  close(): void
}

/** A pack has four files for each session of its sample, and the sample has at most a thousand. */
export const packLimits = { files: 5_000, bytes: 32 * 1024 ** 3, fileBytes: 2 * 1024 ** 3 }
const { files: mostFiles, bytes: mostBytes, fileBytes: mostFileBytes } = packLimits
const longestName = 300
/** Text of a gateway packs ten to fifty times; what says to be more, beyond a size that does no harm, wants to fill the disk or the memory. */
const mostRatio = 250
const harmless = 16 * 1024 ** 2

const nameOfPack = /^[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/

export const refusePack = (problem: string): AppError => new AppError('PACK_REFUSED', { problem })
const refuse = refusePack

/** Why a path is not one of a pack. */
export const problemOfName = (path: string): string | undefined =>
  path.length > longestName || !nameOfPack.test(path) ? `the name ${printable(path)} is not one of a pack` : undefined

/**
 * Opens a zip from a stranger. Its list of files is read and judged before anything is unpacked: names that lead elsewhere, links, names twice, encrypted
 * files, and sizes that no pack has.
 * @throws AppError PACK_REFUSED
 */
export async function openPackZip(file: string): Promise<PackZip> {
  let zip: ZipFile
  try {
    zip = await openPromise(file, {
      lazyEntries: true,
      autoClose: false,
      strictFileNames: true,
      validateEntrySizes: true,
      decodeStrings: true,
    })
  } catch (cause) {
    throw new AppError('PACK_REFUSED', { problem: 'it is not a zip that can be read' }, { cause })
  }
  try {
    const entries = await readEntries(zip)
    return packOf(zip, entries)
  } catch (error) {
    zip.close()
    throw error
  }
}

async function readEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > mostFiles) throw refuse(`it has ${zip.entryCount} files, and a pack has at most ${mostFiles}`)
  const entries = new Map<string, Entry>()
  const folded = new Set<string>()
  let unpacked = 0
  let packed = 0
  try {
    for await (const entry of zip.eachEntry()) {
      const { fileName, uncompressedSize, compressedSize } = entry
      const problem = problemOf(entry)
      if (problem !== undefined) throw refuse(problem)
      // a folder of its own is nothing to unpack
      if (fileName.endsWith('/')) continue
      // on some computers two names that differ in case only are one file
      if (folded.has(fileName.toLowerCase())) throw refuse(`it has the file ${printable(fileName)} twice`)
      folded.add(fileName.toLowerCase())
      entries.set(fileName, entry)
      unpacked += uncompressedSize
      packed += compressedSize
      if (unpacked > mostBytes) throw refuse('its files are larger than those of any pack')
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('PACK_REFUSED', { problem: 'its list of files cannot be read' }, { cause })
  }
  // files that lie over each other let a small zip hold any number of large ones
  if (packed > zip.fileSize) throw refuse('its files lie over each other')
  if (entries.size === 0) throw refuse('it is empty')
  return entries
}

/** Why a file is not one of a pack. */
function problemOf(entry: Entry): string | undefined {
  const { fileName, uncompressedSize, compressedSize, compressionMethod } = entry
  const name = fileName.endsWith('/') ? fileName.slice(0, -1) : fileName
  const misnamed = problemOfName(name)
  if (misnamed !== undefined) return misnamed
  // the upper half holds a Unix mode where the zip was made on one
  const kind = (entry.externalFileAttributes >>> 16) & 0o170000
  if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000) return `${printable(fileName)} is a link or a device`
  if ((entry.generalPurposeBitFlag & 1) !== 0) return `${printable(fileName)} is encrypted`
  if (compressionMethod !== 0 && compressionMethod !== 8) return `${printable(fileName)} is packed in a way that is not known`
  if (uncompressedSize > mostFileBytes) return `${printable(fileName)} is larger than any file of a pack`
  if (uncompressedSize > harmless && uncompressedSize > compressedSize * mostRatio) {
    return `${printable(fileName)} would become more than ${mostRatio} times as large`
  }
  return undefined
}

function packOf(zip: ZipFile, entries: ReadonlyMap<string, Entry>): PackZip {
  async function* pieces(path: string): AsyncGenerator<Buffer> {
    const entry = entries.get(path)
    if (!entry) throw new AppError('PACK_INVALID', { problem: `${path} is missing` })
    try {
      // the length and the checksum that the list names are compared on the way
      for await (const piece of await zip.openReadStreamPromise(entry)) yield piece as Buffer
    } catch (cause) {
      throw new AppError('PACK_INVALID', { problem: `${path} cannot be unpacked` }, { cause })
    }
  }
  return {
    paths: new Set(entries.keys()),
    bytes: [...entries.values()].reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0),
    async read(path, most) {
      const size = entries.get(path)?.uncompressedSize ?? 0
      if (size > most) throw refuse(`${path} has ${size} bytes, and at most ${most} are read`)
      const read: Buffer[] = []
      for await (const piece of pieces(path)) read.push(piece)
      return Buffer.concat(read)
    },
    async hash(path, onBytes) {
      const hash = createHash('sha256')
      let bytes = 0
      for await (const piece of pieces(path)) {
        hash.update(piece)
        bytes += piece.length
        onBytes(piece.length)
      }
      return { sha256: hash.digest('hex'), bytes }
    },
    close: () => zip.close(),
  }
}

/** A name of a stranger's, in a sentence of ours. */
const printable = (name: string): string => JSON.stringify(name.replace(/[^\x20-\x7e]/g, '?').slice(0, 80))
