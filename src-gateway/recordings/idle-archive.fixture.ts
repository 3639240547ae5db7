import type { Archive } from './archive.ts'

/** For tests of what is before the archive: recordings are sealed, and nothing more becomes of them. */
export const idleArchive: Pick<Archive, 'sealed' | 'find' | 'backlog'> = {
  sealed: () => undefined,
  find: () => Promise.resolve({ found: [] }),
  backlog: () => Promise.resolve({ search: 0, compression: 0 }),
}
