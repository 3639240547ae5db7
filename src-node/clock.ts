/** Time is a dependency: everything that asks for the time takes a clock, so that tests decide what time it is. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** RFC 3339, UTC, milliseconds: the one form in which times are stored and sent. */
export function timestampOf(date: Date): string {
  // many records share a millisecond
  const milliseconds = date.getTime()
  if (milliseconds !== latest.milliseconds) latest = { milliseconds, text: date.toISOString() }
  return latest.text
}

let latest = { milliseconds: 0, text: new Date(0).toISOString() }
