import { canonicalJson } from '../../src-core/approval/canonical-json.ts'
import { isHeldBy, judgeRemoval } from '../../src-core/retention/judge-removal.ts'
import { mayRelease, type RetentionBook } from '../../src-core/retention/retention-book.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import { randomText } from '../../src-node/random-id.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { connectionName, holdId, sessionId } from '../../src-protocol/ids.ts'
import type { Person } from '../../src-protocol/model.ts'
import { retentionTerms, type Hold, type HoldRequest, type RetentionOverview, type RetentionTerms } from '../../src-protocol/retention.ts'
import type { ArchiveThread } from '../recordings/archive-thread.ts'
import type { NoteFinding } from '../recordings/note-finding.ts'
import { takeTurns } from '../sessions/take-turns.ts'
import type { LogListener } from '../state/replay-log.ts'
import type { StateDatabase } from '../state/state-database.ts'
import { after, kept, type DueRow } from './due-recordings.ts'
import { followRetention } from './follow-retention.ts'
import type { Removals } from './removals.ts'
import { isSettled, isShareSpent, removeDueRecordings, type RemovalPorts } from './remove-recordings.ts'

/** Removes recordings after their time, and keeps those that somebody holds. */
export interface Retention {
  /** what it learns from the log at start */
  listeners: readonly LogListener[]
  /** puts the rule of the configuration into the log, if it is another one than there, and begins its rounds */
  start(): Promise<void>
  /** removes what is due now. @returns how many */
  round(): Promise<number>
  overview(): Promise<RetentionOverview>
  placeHold(request: HoldRequest, by: Person): Promise<Hold>
  /** @throws AppError NOT_FOUND, CONFLICT (it is released), FORBIDDEN (another administrator has to agree) */
  releaseHold(id: string, reason: string, by: Person): Promise<Hold>
  /** @throws AppError NOT_FOUND, CONFLICT (nobody asked for its release) */
  refuseRelease(id: string, reason: string, by: Person): Promise<Hold>
  close(): Promise<void>
}

export interface RetentionPorts {
  database: StateDatabase
  thread: Pick<ArchiveThread, 'call'>
  log: Pick<TransparencyLog, 'append' | 'entry' | 'snapshot' | 'size'>
  removals: Removals
  /** of the configuration */
  terms: RetentionTerms | undefined
  releaseApprovals: 1 | 2
  compress: boolean
  onFinding: NoteFinding
  onChanged: () => void
  scheduler: Scheduler
  logger: Logger
  firstAfterMs?: number
  everyMs?: number
  step?: RemovalPorts['step']
}

const longestRestMs = 1000
const listedNext = 50
const listedEach = 200

export function createRetention(ports: RetentionPorts): Retention {
  const {
    database,
    log,
    terms,
    releaseApprovals,
    compress,
    onChanged,
    scheduler,
    logger,
    firstAfterMs = 60_000,
    everyMs = 3_600_000,
  } = ports
  const follower = followRetention(log)
  const inTurn = takeTurns(1)
  let closed = false
  let cancel = () => {}
  let endRest = () => {}
  let working: Promise<unknown> | undefined
  const isOpen = () => !closed

  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const stop = scheduler.after(Math.min(ms, longestRestMs), resolve)
      endRest = () => {
        stop()
        resolve()
      }
    })

  async function round(): Promise<number> {
    const removed = await removeDueRecordings({ ...ports, follower, inTurn, rest, isOpen })
    if (removed > 0) onChanged()
    return removed
  }

  function tick(): void {
    if (closed) return
    working = round()
      .catch((error: unknown) => {
        if (isOpen()) logger.error({ err: error, alarm: 'retention-failed' }, 'recordings could not be removed; it is tried again')
      })
      .finally(() => {
        working = undefined
        if (isOpen()) cancel = scheduler.after(everyMs, tick)
      })
  }

  async function ruleInForce(): Promise<void> {
    const { rule } = await follower.upToDate()
    const wanted = retentionTerms.parse(terms ?? {})
    if (!rule && !terms) return
    if (rule && canonicalJson(rule.terms) === canonicalJson(wanted)) return
    await log.append({ kind: 'recording.retention', terms: wanted })
    logger.info({ terms: wanted }, 'another rule of retention is in force')
  }

  /** A hold is placed between two removals, and never beside one: whatever is not removed when it is in the log stays. */
  const change = (decide: (book: RetentionBook) => Promise<string>): Promise<Hold> =>
    inTurn(async () => {
      const id = await decide(await follower.upToDate())
      const hold = (await follower.upToDate()).hold(id)
      if (!hold) throw new Error('a hold that was logged is not in the book')
      onChanged()
      return hold
    })

  function inForce(book: RetentionBook, id: string): Hold {
    const hold = book.hold(id)
    if (!hold) throw new AppError('NOT_FOUND', { what: 'The hold' })
    if (hold.released) throw new AppError('CONFLICT', { problem: 'The hold was released before' })
    return hold
  }

  return {
    listeners: follower.listeners,
    async start() {
      await ruleInForce()
      cancel = scheduler.after(firstAfterMs, tick)
    },
    round,
    async overview() {
      const book = await follower.upToDate()
      const { rule, removed } = book
      const seen = rule ? await listNext(book, rule.terms) : { next: [], heldDue: 0 }
      const noticed = rule && book.time.since(rule.index) >= rule.terms.noticeDays * 86_400_000
      return {
        ...(rule && { rule: { ...rule, countsFrom: noticed ? 'now' : 'after-notice' } }),
        ...seen,
        removed: { total: removed.total, ...(removed.last && { lastAt: removed.last.at }) },
        holds: book.holds(),
        releaseApprovals,
      }
    },
    placeHold: ({ selection, reason }, { sub: by }) =>
      change(async () => {
        const hold = holdId.parse(`hld_${randomText(16)}`)
        await log.append({ kind: 'recording.hold', hold, selection, reason, by, approvals: releaseApprovals })
        return hold
      }),
    releaseHold: (id, reason, { sub: by }) =>
      change(async (book) => {
        const hold = inForce(book, id)
        if (hold.asked?.by === by && hold.approvals > 1) {
          throw new AppError('FORBIDDEN', { needed: 'another administrator than the one who asked for the release' })
        }
        const kind = mayRelease(hold, by) ? 'recording.released' : 'recording.release-asked'
        await log.append({ kind, hold: holdId.parse(id), by, reason })
        return id
      }),
    refuseRelease: (id, reason, { sub: by }) =>
      change(async (book) => {
        if (!inForce(book, id).asked) throw new AppError('CONFLICT', { problem: 'Nobody asked for the release of the hold' })
        await log.append({ kind: 'recording.release-refused', hold: holdId.parse(id), by, reason })
        return id
      }),
    async close() {
      closed = true
      cancel()
      endRest()
      await working
    },
  }

  async function listNext(book: RetentionBook, inForceTerms: RetentionTerms): Promise<Pick<RetentionOverview, 'next' | 'heldDue'>> {
    const { stored } = await database
      .selectFrom('recordings')
      .where('removed_at', 'is', null)
      .select(({ fn }) => fn.countAll<number>().as('stored'))
      .executeTakeFirstOrThrow()
    const spent = isShareSpent(book, stored)
    const next: RetentionOverview['next'] = []
    let heldDue = 0
    for await (const due of kept(database, inForceTerms, { each: listedEach })) {
      const person = String((JSON.parse(due.row.person) as { sub: unknown }).sub)
      const { session, connection, ended_at: closedAt, log_index } = due.row
      const said = { session, person, connection, closedAt, closed: log_index }
      const judged = judgeRemoval(book, said)
      const held = book.holds().some((hold) => !hold.released && isHeldBy(hold.selection, said))
      if (held) {
        if (!judged.remove && judged.reason === 'held') heldDue += 1
        continue
      }
      const waits = waitsFor(judged, due, spent)
      next.push({
        session: sessionId.parse(session),
        connection: connectionName.parse(connection),
        person,
        endedAt: closedAt,
        dueAt: after(closedAt, due.days),
        ...(waits && { waits }),
      })
    }
    return { next: next.toSorted((one, other) => one.dueAt.localeCompare(other.dueAt)).slice(0, listedNext), heldDue }
  }

  function waitsFor(judged: ReturnType<typeof judgeRemoval>, { row }: DueRow, spent: boolean): RetentionOverview['next'][number]['waits'] {
    if (!judged.remove) return judged.reason === 'notice' || judged.reason === 'clock' ? judged.reason : undefined
    if (row.finding !== null) return 'finding'
    if (!isSettled(row, compress)) return 'upkeep'
    return spent ? 'share' : undefined
  }
}
