import { mkdir, readFile, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { entriesPath, parseEntries, parseTile, tilePath, tileWidth } from '../src-core/log/tile.ts'
import type { Hash } from '../src-core/log/merkle-hash.ts'
import { replaceFile, syncFolder } from './durable-file.ts'
import type { TreeFile } from './log-tree.ts'

/**
 * Writes files that do not depend on each other, each whole or not at all, with the names of new folders and files made durable. When it throws, nothing
 * of it goes on: whoever opens the folder next must not meet a writer that is still at work.
 */
export async function writeTreeFiles(folder: string, files: readonly TreeFile[]): Promise<void> {
  const folders = new Set<string>()
  for (const { path } of files) {
    const parent = dirname(join(folder, path))
    const made = await mkdir(parent, { recursive: true, mode: 0o700 })
    folders.add(parent)
    // New folders: their own names have to be durable too, up to the one that existed.
    if (made !== undefined)
      for (let above = dirname(parent); above.length >= dirname(made).length; above = dirname(above)) folders.add(above)
  }
  await allDone(files.map(({ path, bytes }) => replaceFile(join(folder, path), bytes)))
  await allDone([...folders].map(syncFolder))
}

/** Waits for all of them, and throws what the first of them threw. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
}

/** The file's bytes, or undefined if there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** A bundle of entries: the full one, or the widest partial one. Undefined if there is none; `'torn'` if it is not what it should be. */
export async function readBundle(folder: string, index: number): Promise<Uint8Array[] | 'torn' | undefined> {
  const full = await readIfThere(join(folder, entriesPath(index)))
  if (full) return expectWidth(parseEntries(full), tileWidth)
  const width = await widestPartial(join(folder, `${entriesPath(index)}.p`))
  if (width === undefined) return undefined
  return expectWidth(parseEntries(await readFile(join(folder, entriesPath(index, width)))), width)
}

const expectWidth = (entries: Uint8Array[] | undefined, width: number): Uint8Array[] | 'torn' =>
  entries?.length === width ? entries : 'torn'

async function widestPartial(folder: string): Promise<number | undefined> {
  let names: string[]
  try {
    names = await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const widths = names.filter((name) => /^[1-9][0-9]{0,2}$/.test(name)).map(Number)
  return widths.length === 0 ? undefined : Math.max(...widths)
}

/** Hashes of a full tile. */
export async function readTileFile(folder: string, level: number, index: number): Promise<readonly Hash[] | undefined> {
  const bytes = await readIfThere(join(folder, tilePath(level, index)))
  const hashes = bytes && parseTile(bytes)
  return hashes?.length === tileWidth ? hashes : undefined
}

/** Hashes of the entries of a bundle: of the full tile, or of the widest partial one. */
export const readLeafTile = (folder: string, index: number): Promise<readonly Hash[] | undefined> => readTileAtLeast(folder, 0, index)

/** Hashes of a tile of any level: of the full one, or of the widest partial one. */
export async function readTileAtLeast(folder: string, level: number, index: number): Promise<readonly Hash[] | undefined> {
  const full = await readTileFile(folder, level, index)
  if (full) return full
  const width = await widestPartial(join(folder, `${tilePath(level, index)}.p`))
  return width === undefined ? undefined : parseTile(await readFile(join(folder, tilePath(level, index, width))))
}

/** Partial versions of what is now full are of no more use. */
export async function removePartials(folder: string, files: readonly TreeFile[]): Promise<void> {
  const full = files.filter(({ path }) => !path.includes('.p/'))
  await Promise.all(full.map(({ path }) => rm(join(folder, `${path}.p`), { recursive: true, force: true })))
}
