import type { DesktopChannel, DesktopInput, DesktopOutput } from '../../src-protocol/desktop-api.ts'
import type { Person } from '../../src-protocol/model.ts'

/** What the double shows: rich examples, nothing yet, failures, no network, more than fits, nobody signed in. */
export const scenarios = [
  'full',
  'empty',
  'error',
  'offline',
  'too-much',
  'signed-out',
  'waiting',
  'loading',
  'alarm',
  'four-eyes',
] as const
export type Scenario = (typeof scenarios)[number]

export type PersonName = 'mira' | 'jonas' | 'helene' | 'priya'

/** Everything the example data depends on. Times are relative to `now`, so that countdowns run. */
export interface FakeSetting {
  scenario: Scenario
  person: Person
  now: number
}

export type FakeHandlers = { [C in DesktopChannel]: (input: DesktopInput<C>) => DesktopOutput<C> | Promise<DesktopOutput<C>> }

/** RFC 3339, `seconds` before (or, negative, after) `now`. */
export function ago(now: number, seconds: number): string {
  return new Date(now - seconds * 1000).toISOString()
}

export const minutes = (count: number): number => count * 60
export const hours = (count: number): number => count * 3600
export const days = (count: number): number => count * 86_400

/** Hexadecimal digits that look like a hash and are always the same for a name. */
export function fakeHex(name: string, digits = 64): string {
  let state = 2_166_136_261
  for (const character of name) state = Math.imul(state ^ character.charCodeAt(0), 16_777_619) >>> 0
  let text = ''
  while (text.length < digits) {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) >>> 0
    state = (state ^ (state >>> 13)) >>> 0
    text += state.toString(16).padStart(8, '0')
  }
  return text.slice(0, digits)
}
