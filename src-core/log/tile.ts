/** C2SP tlog-tiles: where hashes and entries of a log lie as files. */
import { hashBytes, type Hash } from './merkle-hash.ts'

/** Hashes in a full tile, entries in a full bundle. */
export const tileWidth = 256
/** Levels of the tree in one tile: 2^8 = 256. */
export const tileHeight = 8
/** An entry's length is written in 16 bits. */
export const maximumEntryBytes = 65_535

/** 1234067 → `x001/x234/067` */
function numberPath(number: number): string {
  const parts: string[] = []
  let rest = number
  do {
    parts.unshift(String(rest % 1000).padStart(3, '0'))
    rest = Math.floor(rest / 1000)
  } while (rest > 0)
  return parts.map((part, at) => (at < parts.length - 1 ? `x${part}` : part)).join('/')
}

const partialSuffix = (width: number): string => (width === tileWidth ? '' : `.p/${width}`)

/** `tile/0/x001/234`, or `tile/0/x001/234.p/17` for a tile of 17 hashes. */
export const tilePath = (level: number, index: number, width: number = tileWidth): string =>
  `tile/${level}/${numberPath(index)}${partialSuffix(width)}`

/** `tile/entries/x001/234`, partial as for tiles. */
export const entriesPath = (index: number, width: number = tileWidth): string => `tile/entries/${numberPath(index)}${partialSuffix(width)}`

export const formatTile = (hashes: readonly Hash[]): Buffer => Buffer.concat(hashes)

export function parseTile(bytes: Uint8Array): Hash[] | undefined {
  if (bytes.length === 0 || bytes.length % hashBytes !== 0 || bytes.length > tileWidth * hashBytes) return undefined
  return Array.from({ length: bytes.length / hashBytes }, (_, at) => bytes.subarray(at * hashBytes, (at + 1) * hashBytes))
}

/** Entries one after the other, each behind its length as a big-endian uint16. */
export function formatEntries(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > maximumEntryBytes) throw new RangeError(`an entry has at most ${maximumEntryBytes} bytes`)
      return [Buffer.of(entry.length >> 8, entry.length & 255), entry]
    }),
  )
}

export function parseEntries(bytes: Uint8Array): Uint8Array[] | undefined {
  const entries: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    const [high, low] = bytes.subarray(at, at + 2)
    if (high === undefined || low === undefined) return undefined
    const end = at + 2 + high * 256 + low
    if (end > bytes.length || entries.length === tileWidth) return undefined
    entries.push(bytes.subarray(at + 2, end))
    at = end
  }
  return entries
}
