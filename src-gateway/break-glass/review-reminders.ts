import type { Clock } from '../../src-node/clock.ts'
import type { Logger } from '../../src-node/logger.ts'
import type { Scheduler } from '../../src-node/scheduler.ts'
import type { BreakGlassOpening } from '../../src-protocol/break-glass.ts'

export interface ReviewReminders {
  /** once it has ended, until it is reviewed */
  watch(opening: BreakGlassOpening): void
  forget(id: string): void
  /** with how many days its review is late */
  shown(opening: BreakGlassOpening): BreakGlassOpening
  close(): void
}

export interface ReviewRemindersPorts {
  clock: Clock
  scheduler: Scheduler
  logger: Logger
  /** desktops ask again, and remind their people */
  onChanged(): void
}

const dayMs = 24 * 60 * 60 * 1000

/** What nobody has reviewed is told again each day: in the gateway's log, and on the screens of those who have to review it. */
export function createReviewReminders(ports: ReviewRemindersPorts): ReviewReminders {
  const { clock, scheduler, logger } = ports
  const timers = new Map<string, () => void>()
  const sinceEnd = (endedAt: string): number => Math.max(0, clock.now().getTime() - Date.parse(endedAt))

  function forget(id: string): void {
    timers.get(id)?.()
    timers.delete(id)
  }

  function watch({ id, input, endedAt, review }: BreakGlassOpening): void {
    if (endedAt === undefined || review) return
    forget(id)
    const remind = () => {
      const days = Math.floor(sinceEnd(endedAt) / dayMs)
      const { person, connection } = input
      logger.warn(
        { breakGlass: id, person, connection, days, alarm: 'break-glass-unreviewed' },
        'nobody has reviewed why the glass was broken',
      )
      ports.onChanged()
      next()
    }
    // a moment later, so that the day has passed for certain
    const next = () => timers.set(id, scheduler.after(dayMs - (sinceEnd(endedAt) % dayMs) + 20, remind))
    next()
  }

  return {
    watch,
    forget,
    shown(opening) {
      const { endedAt, review } = opening
      return endedAt === undefined || review ? opening : { ...opening, overdueDays: Math.floor(sinceEnd(endedAt) / dayMs) }
    },
    close() {
      for (const cancel of timers.values()) cancel()
      timers.clear()
    },
  }
}
