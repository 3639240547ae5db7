/**
 * Removes recordings as the rule in force says, one after the other:
 *
 * 1. The stored file must give the root that the log has of it. A file that is missing or another one is never logged as removed: it is a finding.
 * 2. With everything in the log read, the log alone decides: rule, notice, holds, and how much time has passed for certain. `recording.removed` is written.
 *    Crash: the entry is there, and so is the file. The next round begins with step 3 for it.
 * 3. The file and its place in the index for searches are removed, durably. Crash: as in 2; there is nothing left to remove.
 * 4. The state remembers it. Crash: as in 2.
 */
import { isHeldBy, dayMs, judgeRemoval } from '../../src-core/retention/judge-removal.ts'
import type { RetentionBook } from '../../src-core/retention/retention-book.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import { sessionId } from '../../src-protocol/ids.ts'
import type { Selectable } from 'kysely'
import type { ArchiveThread } from '../recordings/archive-thread.ts'
import type { NoteFinding } from '../recordings/note-finding.ts'
import { sealedAs } from '../recordings/sealed-as.ts'
import type { RecordingRow } from '../state/schema.ts'
import type { StateDatabase } from '../state/state-database.ts'
import { before, kept } from './due-recordings.ts'
import type { RetentionFollower } from './follow-retention.ts'
import type { Removals } from './removals.ts'

export interface RemovalPorts {
  database: StateDatabase
  thread: Pick<ArchiveThread, 'call'>
  log: Pick<TransparencyLog, 'append' | 'entry'>
  follower: RetentionFollower
  removals: Removals
  /** one after the other with whoever places a hold */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>
  onFinding: NoteFinding
  logger: Logger
  compress: boolean
  /** it rests as long as it worked */
  rest: (ms: number) => Promise<void>
  isOpen: () => boolean
  /** told before each step, for tests that end there */
  step?: (number: 1 | 2 | 3 | 4) => void
}

/** A store with few recordings is not held up by the share that may go on one day. */
export const alwaysADay = 50

/** What is not compressed yet, or not looked at, is still being worked on; of what is no longer what it was, the rest is evidence. */
export const isSettled = ({ finding, searched, stored_bytes }: Selectable<RecordingRow>, compress: boolean): boolean =>
  finding === null && searched !== 0 && (!compress || stored_bytes !== null)

/** Whether as many were removed within a day as may be. */
export function isShareSpent(book: RetentionBook, stored: number): boolean {
  const percent = book.rule?.terms.mostPercentADay ?? 0
  return book.removedWithin(dayMs) >= Math.max(alwaysADay, Math.floor((stored * percent) / 100))
}

/** @returns how many were removed */
export async function removeDueRecordings(ports: RemovalPorts): Promise<number> {
  const { database, thread, log, follower, inTurn, logger, compress, rest, isOpen, step = () => {} } = ports
  const book = await follower.upToDate()
  await settle()
  const { rule, time } = book
  const now = time.latestAt
  if (!rule || now === undefined) return 0
  const { stored } = await database
    .selectFrom('recordings')
    .where('removed_at', 'is', null)
    .select(({ fn }) => fn.countAll<number>().as('stored'))
    .executeTakeFirstOrThrow()
  let removed = 0
  for await (const { row } of kept(database, rule.terms, { endedBefore: (days) => before(now, days) })) {
    if (!isOpen()) break
    const person = String((JSON.parse(row.person) as { sub: unknown }).sub)
    const said = { session: row.session, person, connection: row.connection, closedAt: row.ended_at }
    // what the state says may only keep: to remove it takes the log
    if (!isSettled(row, compress) || book.holds().some((hold) => !hold.released && isHeldBy(hold.selection, said))) continue
    if (isShareSpent(book, stored)) {
      logger.warn({ alarm: 'retention-slowed', stored }, 'no more recordings are removed today: they would be more than the share of a day')
      break
    }
    const started = performance.now()
    if (await removeOne(row)) removed += 1
    if (isOpen()) await rest(performance.now() - started)
  }
  return removed

  async function removeOne(row: Selectable<RecordingRow>): Promise<boolean> {
    step(1)
    const sealed = await sealedAs(log, row)
    const { count, root, at: closedAt } = sealed
    const found = await thread.call('examine', sealed)
    if (found.state !== 'intact') {
      if (found.state === 'altered' || !(await ports.removals.search(row))) await ports.onFinding(row.session, found.state)
      return false
    }
    const { person, connection } = found
    return inTurn(async () => {
      await follower.upToDate()
      const judged = judgeRemoval(book, { session: row.session, person, connection, closedAt, closed: row.log_index })
      if (!judged.remove || !isOpen()) return false
      step(2)
      const session = sessionId.parse(row.session)
      await log.append({ kind: 'recording.removed', session, count, root, closed: row.log_index, rule: judged.rule, days: judged.days })
      logger.info({ session, days: judged.days }, 'a recording is removed, as the rule of retention says')
      await follower.upToDate()
      await settle()
      return true
    })
  }

  /** What the log says was removed last is gone, before anything else is removed. */
  async function settle(): Promise<void> {
    const { last } = book.removed
    if (!last) return
    const row = await database.selectFrom('recordings').selectAll().where('session', '=', last.session).executeTakeFirst()
    if (row?.removed_at !== null && row?.removed_index === last.index) return
    step(3)
    await thread.call('remove', last.session)
    step(4)
    await database
      .updateTable('recordings')
      .set({ removed_at: last.at, removed_index: last.index })
      .where('session', '=', last.session)
      .execute()
  }
}
