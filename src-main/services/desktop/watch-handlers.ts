import type { SessionWatching } from '../session-watching.ts'
import type { CheckedHandlers } from './desktop-ports.ts'

/** Sessions of other people, as they happen. */
export function watchHandlers(watching: SessionWatching): Pick<CheckedHandlers, Extract<keyof CheckedHandlers, `watch:${string}`>> {
  return {
    'watch:start': async (session) => watching.start(session) as undefined,
    'watch:stop': async (session) => watching.stop(session) as undefined,
    'watch:rows': async ({ session, after }) => watching.rows(session, after),
    'watch:record': async ({ session, seq }) => watching.record(session, seq),
  }
}
