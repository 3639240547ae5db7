import { createBreakGlassBook } from '../../src-core/break-glass/break-glass-book.ts'
import { coversCall, coversTool, isNamed, isOpenAt } from '../../src-core/break-glass/covers-call.ts'
import { breakGlassDigest } from '../../src-core/break-glass/break-glass-digest.ts'
import { decideOpening, decideReview } from '../../src-core/break-glass/decide-opening.ts'
import { timestampOf, type Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { BreakGlassEndReason, BreakGlassOpening } from '../../src-protocol/break-glass.ts'
import { logEntry } from '../../src-protocol/log-entry.ts'
import type { Connection, Person } from '../../src-protocol/model.ts'
import { mayUseConnection } from '../connections/connection-registry.ts'
import type { Identity } from '../identity/identity.ts'
import type { StepUpRequest } from '../identity/step-up-check.ts'
import type { BreakGlass } from './break-glass.ts'
import { createBreakGlassRules } from './break-glass-rules.ts'
import { createReviewReminders } from './review-reminders.ts'

export interface BreakGlassPorts {
  log: Pick<TransparencyLog, 'append' | 'entry'>
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  /** how many administrators a rule takes */
  approvals: number
  findConnection(name: string): Promise<Connection | undefined>
  personNow(sub: string): Person | undefined
  /** @throws AppError STEP_UP_INVALID */
  freshSignIn(idToken: string, request: StepUpRequest): ReturnType<Identity['freshSignIn']>
  /** calls that wait for reviewers may go on */
  onOpened(opening: BreakGlassOpening): void
  /** nothing goes on under it any more, in this turn of the event loop */
  onEnded(opening: BreakGlassOpening): void
  onChanged(): void
}

const seesAll = ({ roles }: Person): boolean => roles.some((role) => role !== 'operator')

/**
 * Break-glass from opening to review. One change at a time; what opens is in the log before it counts, what closes counts at once and is logged then.
 */
export function createBreakGlass(ports: BreakGlassPorts): BreakGlass {
  const { clock, scheduler, logger, log } = ports
  const book = createBreakGlassBook()
  /** openings that end at this moment: nothing goes on under them, whether their end is logged yet or not */
  const ending = new Set<string>()
  const timers = new Map<string, () => void>()
  let tail: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = tail.then(task).finally(() => ports.onChanged())
    tail = turn.catch(() => {})
    return turn
  }
  const inTurnAlone = (task: () => Promise<void>): void => {
    inTurn(task).catch((error: unknown) => logger.error({ err: error }, 'a change of break-glass could not be logged'))
  }
  /** Written into the log, and only then true: what the book says is always what a reader of the log finds. */
  async function append(draft: Parameters<TransparencyLog['append']>[0]): Promise<number> {
    const { index } = await log.append(draft)
    book.apply(logEntry.parse(JSON.parse(Buffer.from(await log.entry(index)).toString())))
    return index
  }

  const reminders = createReviewReminders({ clock, scheduler, logger, onChanged: () => ports.onChanged() })
  const running = (): BreakGlassOpening[] => book.openings().filter(({ id, endedAt }) => endedAt === undefined && !ending.has(id))

  function cut(opening: BreakGlassOpening): void {
    ending.add(opening.id)
    timers.get(opening.id)?.()
    timers.delete(opening.id)
    ports.onEnded(opening)
  }

  async function logEnd({ id, input }: BreakGlassOpening, reason: BreakGlassEndReason, by?: string, because?: string): Promise<void> {
    await append({
      kind: 'break-glass.ended',
      breakGlass: id,
      person: input.person,
      connection: input.connection,
      reason,
      ...(by !== undefined && { by }),
      ...(because !== undefined && because !== '' && { because }),
    })
    ending.delete(id)
    const ended = book.opening(id)
    if (ended) reminders.watch(ended)
  }

  async function endNow(opening: BreakGlassOpening, reason: BreakGlassEndReason, by?: string): Promise<void> {
    cut(opening)
    await logEnd(opening, reason, by)
  }

  /** By elapsed time: a clock that is set back does not keep it open. */
  function watch(opening: BreakGlassOpening): void {
    const milliseconds = Math.max(0, Date.parse(opening.endsAt) - clock.now().getTime())
    const over = () => {
      if (ending.has(opening.id)) return
      cut(opening)
      inTurnAlone(() => logEnd(opening, 'time-over'))
    }
    timers.set(opening.id, scheduler.after(milliseconds, over))
  }

  const rules = createBreakGlassRules({
    book,
    append,
    approvals: ports.approvals,
    findConnection: (name) => ports.findConnection(name),
    personNow: (sub) => ports.personNow(sub),
    async endOf(rule, reason, by) {
      for (const opening of running()) if (opening.input.rule === rule) await endNow(opening, reason, by)
    },
  })

  function find(id: string): BreakGlassOpening {
    const opening = book.opening(id)
    if (!opening) throw new AppError('NOT_FOUND', { what: 'The opening' })
    return opening
  }

  const stillNamed = ({ input }: BreakGlassOpening, person: Person | undefined): boolean => {
    const rule = book.rule(input.rule)
    return rule?.version === input.ruleVersion && person !== undefined && isNamed(rule.terms, person)
  }

  return {
    listener: { mark: '"kind":"break-glass.', note: (entry) => book.apply(entry) },

    async resume() {
      for (const opening of running()) {
        if (Date.parse(opening.endsAt) <= clock.now().getTime()) await endNow(opening, 'time-over')
        else if (!stillNamed(opening, ports.personNow(opening.input.person))) await endNow(opening, 'groups-lost')
        else watch(opening)
      }
      for (const opening of book.openings()) reminders.watch(opening)
    },

    overview: (viewer) => ({
      offers: book.rules().filter(({ terms }) => isNamed(terms, viewer)),
      openings: book
        .openings()
        .filter(({ input }) => input.person === viewer.sub || seesAll(viewer))
        .map((opening) => reminders.shown(opening)),
    }),
    unreviewed: () => book.openings().filter(({ endedAt, review }) => endedAt !== undefined && !review).length,
    rules: rules.rules,
    setRule: (input, by) => inTurn(() => rules.set(input, by)),
    decideRule: (id, version, decision, by) => inTurn(() => rules.decide(id, version, decision, by)),
    removeRule: (id, by) => inTurn(() => rules.remove(id, by.sub)),

    open: ({ person, keyThumbprint }, request) =>
      inTurn(async () => {
        const { input, stepUp } = request
        const rule = book.rule(input.rule)
        const connection = rule && (await ports.findConnection(rule.terms.connection))
        if (!rule || !connection || !mayUseConnection(person, connection)) throw new AppError('NOT_FOUND', { what: 'The rule' })
        if (book.opening(input.breakGlass)) throw new AppError('CONFLICT', { problem: 'This was opened before' })
        const asked = { approval: input.breakGlass, digest: breakGlassDigest(input), keyThumbprint }
        const freshSignIn = stepUp === undefined ? undefined : await ports.freshSignIn(stepUp, asked)
        const openings = book.openings().filter((opening) => opening.input.person === person.sub)
        const now = clock.now()
        const decided = decideOpening({ rule, request, person, keyThumbprint, freshSignIn, openings, now })
        if (!decided.ok) throw decided.error
        const { sub, name, email, groups } = person
        await append({
          kind: 'break-glass.opened',
          breakGlass: input.breakGlass,
          digest: decided.digest,
          input,
          person: { sub, name, groups, ...(email !== undefined && { email }) },
          ruleTitle: rule.terms.title,
          startsAt: timestampOf(now),
          endsAt: timestampOf(new Date(now.getTime() + input.minutes * 60_000)),
          statement: decided.statement,
        })
        const opening = find(input.breakGlass)
        const { connection: where, minutes } = input
        logger.warn(
          { breakGlass: opening.id, person: sub, connection: where, minutes, alarm: 'break-glass-opened' },
          'the glass was broken',
        )
        watch(opening)
        ports.onOpened(opening)
        return opening
      }),

    end(person, id, reason) {
      const opening = book.opening(id)
      const own = opening?.input.person === person.sub
      if (!opening || (!own && !seesAll(person))) throw new AppError('NOT_FOUND', { what: 'The opening' })
      if (!own && !person.roles.includes('reviewer') && !person.roles.includes('administrator')) {
        throw new AppError('FORBIDDEN', { needed: 'the role reviewer or administrator' })
      }
      if (opening.endedAt !== undefined || ending.has(id)) throw new AppError('CONFLICT', { problem: 'It has ended already' })
      if (!own && reason.length < 3) throw new AppError('REASON_REQUIRED')
      // at once, whatever else is under way
      cut(opening)
      return inTurn(async () => {
        await logEnd(opening, own ? 'by-owner' : 'stopped', person.sub, reason)
        return find(id)
      })
    },

    review: ({ person, keyThumbprint }, id, request) =>
      inTurn(async () => {
        const opening = find(id)
        const decided = decideReview({ opening, person, request, keyThumbprint, now: clock.now() })
        if (!decided.ok) throw decided.error
        const { digest, input } = opening
        const about = { breakGlass: id, digest, person: input.person, connection: input.connection }
        await append({ kind: 'break-glass.reviewed', ...about, vote: decided.statement })
        reminders.forget(id)
        return find(id)
      }),

    offer(person, call) {
      const rule = book
        .rules()
        .find(({ terms }) => terms.connection === call.connection && isNamed(terms, person) && coversTool(terms.tools, call))
      return rule && { rule: rule.id, version: rule.version }
    },
    covering: (input) => running().find((opening) => coversCall(opening, input) && isOpenAt(opening, clock.now())),
    use: ({ id }, { id: approval, digest, digestInput: { session, tool } }) =>
      append({ kind: 'break-glass.used', breakGlass: id, approval, digest, session, tool }),
    useOf: (approval) => book.useOf(approval),

    personChanged(person) {
      for (const opening of running()) {
        if (opening.input.person !== person.sub || stillNamed(opening, person)) continue
        cut(opening)
        inTurnAlone(() => logEnd(opening, 'groups-lost'))
      }
    },

    connectionRemoved: (name, by) =>
      inTurn(async () => {
        for (const { id, terms } of book.rules()) if (terms.connection === name) await rules.remove(id, by.sub, 'connection-removed')
      }),

    close() {
      for (const cancel of timers.values()) cancel()
      timers.clear()
      reminders.close()
    },
  }
}
