/** Time is a dependency: everything that asks for the time takes a clock, so that tests decide what time it is. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** RFC 3339, UTC, milliseconds: the one form in which times are stored and sent. */
export const timestampOf = (date: Date): string => date.toISOString()
