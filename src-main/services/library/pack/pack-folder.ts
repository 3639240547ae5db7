import { createHash } from 'node:crypto'
import { constants, createReadStream, lstatSync, opendirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../../../src-protocol/app-error.ts'
import { packLimits, problemOfName, refusePack, type PackZip } from './pack-zip.ts'

/** what systems leave in folders that somebody looked at */
const leftBySystems: ReadonlySet<string> = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini'])
const deepest = 6

/**
 * A pack that somebody has unpacked, by the rules of one that is packed: names, numbers and sizes are judged first, and a link is never followed.
 * @throws AppError PACK_REFUSED
 */
export function openPackFolder(folder: string): PackZip {
  const sizes = new Map<string, number>()
  const folded = new Set<string>()
  let total = 0

  function walk(below: string, depth: number): void {
    if (depth > deepest) throw refusePack('its folders lie deeper than those of any pack')
    const directory = opendirSync(join(folder, below))
    try {
      for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
        if (leftBySystems.has(entry.name)) continue
        const path = below === '' ? entry.name : `${below}/${entry.name}`
        const problem = problemOfName(path)
        if (problem !== undefined) throw refusePack(problem)
        const found = lstatSync(join(folder, path))
        if (found.isDirectory()) walk(path, depth + 1)
        else if (found.isFile()) add(path, found.size)
        else throw refusePack(`${JSON.stringify(path)} is a link or a device`)
      }
    } finally {
      directory.closeSync()
    }
  }

  function add(path: string, size: number): void {
    if (folded.has(path.toLowerCase())) throw refusePack(`it has the file ${JSON.stringify(path)} twice`)
    folded.add(path.toLowerCase())
    sizes.set(path, size)
    total += size
    if (sizes.size > packLimits.files) throw refusePack(`it has more than ${packLimits.files} files`)
    if (size > packLimits.fileBytes || total > packLimits.bytes) throw refusePack('its files are larger than those of any pack')
  }

  /** What lies at a path may have been replaced since it was looked at: a link is refused once more. */
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)
  const unreadable = (path: string, cause: unknown) => new AppError('PACK_INVALID', { problem: `${path} cannot be read` }, { cause })
  const place = (path: string): string => {
    if (!sizes.has(path)) throw new AppError('PACK_INVALID', { problem: `${path} is missing` })
    return join(folder, path)
  }

  try {
    walk('', 1)
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('PACK_REFUSED', { problem: 'the folder cannot be read' }, { cause })
  }
  if (!sizes.has('manifest.json')) throw refusePack('the folder has no manifest.json')

  return {
    paths: new Set(sizes.keys()),
    bytes: total,
    async read(path, most) {
      const file = place(path)
      const size = sizes.get(path) ?? 0
      if (size > most) throw refusePack(`${path} has ${size} bytes, and at most ${most} are read`)
      try {
        const bytes = readFileSync(file, { flag: flags })
        if (bytes.length <= most) return bytes
      } catch (cause) {
        throw unreadable(path, cause)
      }
      throw refusePack(`${path} has grown while it was read`)
    },
    async hash(path, onBytes) {
      const hash = createHash('sha256')
      let bytes = 0
      try {
        for await (const piece of createReadStream(place(path), { flags: flags as unknown as string })) {
          hash.update(piece as Buffer)
          bytes += (piece as Buffer).length
          onBytes((piece as Buffer).length)
        }
      } catch (cause) {
        throw cause instanceof AppError ? cause : unreadable(path, cause)
      }
      return { sha256: hash.digest('hex'), bytes }
    },
    close: () => undefined,
  }
}
