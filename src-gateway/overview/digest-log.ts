import { AppError } from '../../src-protocol/app-error.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { createFrontier } from '../../src-core/log/merkle-frontier.ts'
import { leafHash } from '../../src-core/log/merkle-hash.ts'
import { tileWidth } from '../../src-core/log/tile.ts'
import { readBundle } from '../../src-node/log-files.ts'
import type { OverviewStore } from './overview-database.ts'
import { createTakeEntries, type PlacedEntry } from './take-entries.ts'

/** A signed size of the log, and its root in base64. */
export interface LogHead {
  size: number
  root: string
}

/** Takes over what new entries of the log say, from its files. */
export interface LogDigest {
  /**
   * Resolves once all entries up to there are taken over, and what was read gives the root. What was taken over from another log, or from one that went
   * on otherwise, is thrown away.
   * @returns entries that were read
   * @throws AppError LOG_CORRUPT
   */
  catchUp(head: LogHead): Promise<number>
}

/** entries of one transaction */
const atOnce = 16_384

export function createLogDigest(store: OverviewStore, folder: string): LogDigest {
  const take = createTakeEntries(store.database)

  async function run({ size, root }: LogHead): Promise<number | 'otherwise'> {
    const { entries: from, edge, root: rootBefore } = store.progress()
    if (from > size) return 'otherwise'
    if (from === size) return from === 0 || rootBefore === root ? 0 : 'otherwise'
    const frontier = createFrontier(edge.map((subtree) => (subtree === null ? undefined : Buffer.from(subtree, 'base64'))))
    let gathered: PlacedEntry[] = []
    for (let index = Math.floor(from / tileWidth); index * tileWidth < size; index += 1) {
      const first = index * tileWidth
      const bundle = await bundleOf(folder, index, Math.min(tileWidth, size - first))
      for (const [at, bytes] of bundle.entries()) {
        if (first + at < from) continue
        frontier.append(leafHash(bytes))
        gathered.push({ index: first + at, entry: JSON.parse(Buffer.from(bytes).toString('utf8')) as LogEntry })
      }
      const upTo = first + bundle.length
      if (gathered.length < atOnce && upTo < size) continue
      const rootNow = base64(frontier.root())
      if (upTo === size && rootNow !== root) return 'otherwise'
      const entries = gathered
      gathered = []
      store.change(() => ({
        counter: take(entries, store.progress().counter),
        entries: upTo,
        root: rootNow,
        edge: frontier.edge().map((subtree) => (subtree ? base64(subtree) : null)),
      }))
    }
    return size - from
  }

  return {
    async catchUp(head) {
      const read = await run(head)
      if (read !== 'otherwise') return read
      store.forget()
      const again = await run(head)
      if (again !== 'otherwise') return again
      store.forget()
      throw new AppError('LOG_CORRUPT', { problem: 'its entries do not give the root of its checkpoint' })
    },
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** At least so many entries of a bundle are there: but a partial one is replaced by a wider one while it is read. */
async function bundleOf(folder: string, index: number, width: number): Promise<readonly Uint8Array[]> {
  for (let left = 20; ; left -= 1) {
    const entries = await readBundle(folder, index).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return undefined
    })
    if (Array.isArray(entries) && entries.length >= width) return entries.slice(0, width)
    if (left === 0) throw new AppError('LOG_CORRUPT', { problem: `entry bundle ${index} is missing or torn` })
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
