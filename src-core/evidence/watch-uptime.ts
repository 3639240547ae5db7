import type { LogEntry } from '../../src-protocol/log-entry.ts'

type Heartbeat = Extract<LogEntry, { kind: 'heartbeat' }>

/** A stretch of time about which the log says nothing, or a clock that was set. */
export interface UptimeEvent {
  what:
    | 'stopped' // an orderly stop, and later a start
    | 'killed' // a start without a stop before it
    | 'silent' // it ran all the while by its own clock, and was not heard of for longer than it promised
    | 'clock-backwards'
    | 'clock-forwards'
    | 'wrote-while-stopped'
  /** times as they stand in the log */
  from: string
  to: string
  seconds: number
  /** the entry that shows it */
  index: number
  sentence: string
}

export interface UptimeWatch {
  add(entry: LogEntry, index: number): void
  readonly events: readonly UptimeEvent[]
}

/** What a clock may be set by its own time service, and what an append may wait. */
const toleratedMs = 5000
/** two entries of one turn may share a clock that is set by a fraction */
const toleratedBackwardsMs = 1000

/**
 * Reads heartbeats, and says when the gateway was not up, or not seen, and when its clock was set. Beside the time of the wall a heartbeat carries
 * how long the process has been up by a clock that nobody can set: where the two disagree, the wall's clock was moved, or the computer slept.
 */
export function createUptimeWatch(): UptimeWatch {
  const events: UptimeEvent[] = []
  let lastBeat: Heartbeat | undefined
  let lastAt: string | undefined

  const tell = (what: UptimeEvent['what'], from: string, to: string, index: number, sentence: string) =>
    events.push({ what, from, to, seconds: Math.round((Date.parse(to) - Date.parse(from)) / 1000), index, sentence })

  function beat(before: Heartbeat, now: Heartbeat, index: number): void {
    if (now.moment === 'start') {
      if (before.moment === 'stop') {
        return void tell('stopped', before.at, now.at, index, `The gateway was stopped at ${before.at} and started again at ${now.at}.`)
      }
      const sentence = `The gateway was last seen at ${before.at} and started again at ${now.at}, without a stop: it was killed, or lost its power or its disk.`
      return void tell('killed', before.at, now.at, index, sentence)
    }
    const wallMs = Date.parse(now.at) - Date.parse(before.at)
    const upMs = now.upMs - before.upMs
    const moved = wallMs - upMs
    if (moved > toleratedMs) {
      const sentence = `Between ${before.at} and ${now.at} the clock went ${secondsOf(moved)} ahead of the time that passed: it was set forwards, or the computer slept.`
      tell('clock-forwards', before.at, now.at, index, sentence)
    }
    if (moved < -toleratedMs) {
      const sentence = `Between ${before.at} and ${now.at} the clock fell ${secondsOf(-moved)} behind the time that passed: it was set backwards.`
      tell('clock-backwards', before.at, now.at, index, sentence)
    }
    if (upMs > 2 * before.everySeconds * 1000) {
      const sentence = `The gateway was not heard of between ${before.at} and ${now.at}, though it promised a sign of life every ${before.everySeconds} seconds.`
      tell('silent', before.at, now.at, index, sentence)
    }
  }

  return {
    events,
    add(entry, index) {
      // of a whole run before there were heartbeats nothing is known
      if (lastAt !== undefined && Date.parse(entry.at) < Date.parse(lastAt) - toleratedBackwardsMs) {
        tell(
          'clock-backwards',
          lastAt,
          entry.at,
          index,
          `It was written at ${entry.at}, the entry before it at ${lastAt}: the clock was set backwards.`,
        )
      }
      if (entry.kind === 'heartbeat') {
        if (lastBeat) beat(lastBeat, entry, index)
        lastBeat = entry
      } else if (lastBeat?.moment === 'stop' && entry.kind !== 'key.rotate' && events.at(-1)?.what !== 'wrote-while-stopped') {
        const sentence = `It was written though the gateway had been stopped at ${lastBeat.at} and not been started again.`
        tell('wrote-while-stopped', lastBeat.at, entry.at, index, sentence)
      }
      lastAt = entry.at
    },
  }
}

const secondsOf = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} seconds`
