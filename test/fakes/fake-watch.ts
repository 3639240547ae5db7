import { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopEventName } from '../../src-protocol/desktop-api.ts'
import type { ReplayRow } from '../../src-protocol/desktop-library.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { FakeHandlers, FakeSetting } from './fake-scenario.ts'
import { replayRowsOf } from '../../src-core/recording/replay-rows.ts'
import { ordersRecording } from './recordings/session-records.ts'

type WatchChannel = Extract<keyof FakeHandlers, `watch:${string}`>

/** A session of somebody else whose records are all there already. */
export function fakeWatch(
  { scenario }: FakeSetting,
  emit: (event: DesktopEventName, payload: unknown) => void,
): Pick<FakeHandlers, WatchChannel> {
  // it still runs: its close record is not there yet
  const records = ordersRecording().slice(0, -1)
  const rows = replayRowsOf(records)
  const lines = new Map(records.map((record) => [record.seq, JSON.stringify(record)]))
  const refused =
    scenario === 'four-eyes' ? new AppError('FORBIDDEN', { needed: 'a role that may watch this session' }).toJSON() : undefined
  const shown: ReplayRow[] = scenario === 'empty' ? [] : rows
  return {
    'watch:start'(session: string) {
      setTimeout(() => emit('watch:changed', { session: session as SessionId }), 20)
      return undefined
    },
    'watch:stop': () => undefined,
    'watch:rows': ({ after }) => ({
      rows: shown.slice(after, after + 1000),
      missed: scenario === 'too-much' ? [{ from: 3, to: 1202, why: 'behind' }] : [],
      total: shown.length,
      state: refused ? 'failed' : 'watching',
      ...(refused && { error: refused }),
    }),
    'watch:record'({ seq }) {
      const line = lines.get(seq)
      if (line === undefined) throw new AppError('NOT_FOUND', { what: `Record ${seq}` })
      return { line, leaf: '0'.repeat(64) }
    },
  }
}
