import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { LibraryRoom } from '../../../src-protocol/downloads.ts'
import type { Downloads } from '../downloads/downloads.ts'
import type { RemoteLibrary } from '../library/library-threads.ts'
import type { CheckedHandlers } from './desktop-ports.ts'

type DownloadChannel = Extract<keyof CheckedHandlers, `downloads:${string}`> | 'library:room' | 'library:oldest' | 'library:remove-many'

/** Downloads into the library, and the room that it has. */
export function downloadHandlers(options: {
  downloads: Downloads
  library: Pick<RemoteLibrary, 'oldest' | 'removeMany'>
  room: () => Promise<LibraryRoom>
}): Pick<CheckedHandlers, DownloadChannel> {
  const { downloads, library, room } = options
  const then = (change: () => void | Promise<void>) => async () => {
    await change()
    return downloads.state
  }
  return {
    'downloads:get': async () => downloads.state,
    async 'downloads:add-matching'(filter) {
      downloads.addMatching(filter)
      return downloads.state
    },
    async 'downloads:add'(sessions) {
      downloads.add(sessions)
      return downloads.state
    },
    'downloads:pause': then(() => downloads.pause()),
    'downloads:resume': then(() => downloads.resume()),
    'downloads:cancel': then(() => downloads.cancel()),
    'downloads:retry': then(() => downloads.retry()),
    'downloads:dismiss': then(() => downloads.dismiss()),
    'library:room': room,
    'library:oldest': ({ bytes }) => library.oldest(bytes),
    async 'library:remove-many'(sessions) {
      await library.removeMany(sessions)
      return room()
    },
  }
}

/** What the library takes, parts that are on their way included, and what the disk has left. */
export async function measureRoom(options: {
  library: Pick<RemoteLibrary, 'space'>
  parts: string
  limitBytes: number
}): Promise<LibraryRoom & { recordedBytes: number }> {
  const { library, parts, limitBytes } = options
  const [{ recordings, usedBytes, recordedBytes }, names, disk] = await Promise.all([library.space(), readdir(parts), statfs(parts)])
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(parts, name)).catch(() => undefined))?.size ?? 0))
  return {
    recordings,
    usedBytes: usedBytes + sizes.reduce((sum, size) => sum + size, 0),
    recordedBytes,
    limitBytes,
    freeBytes: disk.bavail * disk.bsize,
  }
}
