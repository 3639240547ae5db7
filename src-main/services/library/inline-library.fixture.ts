/** For tests: the library on the caller's own thread, with the answers of one that has threads. */
import { systemClock } from '../../../src-node/clock.ts'
import { openLibraryService, type LibraryService } from './library-service.ts'
import type { RemoteLibrary } from './library-threads.ts'

export function openInlineLibrary(): { library: RemoteLibrary; service: LibraryService } {
  const service = openLibraryService({ file: ':memory:', clock: systemClock })
  const library = Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      async (...input: unknown[]) => (method as (...given: unknown[]) => unknown)(...input),
    ]),
  ) as unknown as RemoteLibrary
  return { library, service }
}
