import { createAccessBook, type AccessBook } from '../../src-core/access/access-book.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { logEntry } from '../../src-protocol/log-entry.ts'

export interface AccessEntries {
  book: AccessBook
  /** Written into the log, and only then true: what the book says is always what a reader of the log finds. */
  append: (draft: Parameters<TransparencyLog['append']>[0]) => Promise<void>
}

export function createAccessEntries(log: Pick<TransparencyLog, 'append' | 'entry'>): AccessEntries {
  const book = createAccessBook()
  return {
    book,
    async append(draft) {
      const { index } = await log.append(draft)
      book.apply(logEntry.parse(JSON.parse(Buffer.from(await log.entry(index)).toString())))
    },
  }
}
