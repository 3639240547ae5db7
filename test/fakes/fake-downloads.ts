import type { DownloadsState, LibraryRoom } from '../../src-protocol/downloads.ts'
import type { LibraryRow } from '../../src-protocol/library-row.ts'
import type { FakeHandlers, Scenario } from './fake-scenario.ts'
import { fakeSessionId } from './recordings/session-records.ts'

type DownloadHandlers = Pick<
  FakeHandlers,
  Extract<keyof FakeHandlers, `downloads:${string}`> | 'library:room' | 'library:oldest' | 'library:remove-many'
>

const nothing: DownloadsState = {
  state: 'idle',
  recordings: { total: 0, done: 0, failed: 0 },
  bytes: { total: 0, done: 0 },
  unsearched: 0,
  failures: [],
}

/** Downloads that stand still where a scenario wants to look at them. */
export function fakeDownloads(
  scenario: Scenario,
  library: { rows: () => readonly LibraryRow[]; remove: (session: string) => void },
  emit: (event: 'downloads:changed', payload: DownloadsState) => void,
): DownloadHandlers {
  let state: DownloadsState = nothing
  const change = (next: Partial<DownloadsState>): DownloadsState => {
    state = { ...state, ...next }
    emit('downloads:changed', state)
    return state
  }
  const running: DownloadsState = {
    state: 'running',
    recordings: { total: 1_204, done: 318, failed: 2 },
    bytes: { total: 4_870_000_000, done: 1_310_000_000 },
    unsearched: scenario === 'too-much' ? 12 : 0,
    failures: [
      {
        session: fakeSessionId(3),
        code: 'DOWNLOAD_UNVERIFIED',
        message:
          'What the gateway handed out does not verify: recording-altered: When the gateway was started again, it was not the recording whose roots had been logged.',
        remedy: 'It was not taken into the library. Tell an administrator.',
      },
      {
        session: fakeSessionId(4),
        code: 'RECORDING_UNAVAILABLE',
        message: 'The recording cannot be read: it is stored compressed, and cannot be unpacked.',
        remedy: 'Tell an administrator.',
      },
    ],
  }
  const room = (): LibraryRoom => ({
    recordings: library.rows().filter(({ here }) => here).length,
    usedBytes: scenario === 'too-much' ? 19_400_000_000 : 2_410_000_000,
    limitBytes: 20_000_000_000,
    freeBytes: 182_000_000_000,
  })
  return {
    'downloads:get': () => state,
    'downloads:add-matching': () =>
      scenario === 'too-much'
        ? change({
            ...running,
            state: 'paused',
            problem: {
              code: 'LIBRARY_FULL',
              message: 'The library has no room for it: 19 GB of 20 GB are used, and 812 MB are needed.',
              remedy:
                'Remove recordings that you do not need here (Settings, Library, the oldest first) or give the library more room; then resume.',
            },
          })
        : change(running),
    'downloads:add': (sessions) => change({ ...nothing, state: 'running', recordings: { total: sessions.length, done: 0, failed: 0 } }),
    'downloads:pause': () => change({ state: 'paused' }),
    'downloads:resume': () => change({ state: 'running' }),
    'downloads:cancel': () => change(nothing),
    'downloads:retry': () => change({ state: 'running' }),
    'downloads:dismiss': () => change(nothing),
    'library:room': room,
    'library:oldest': () =>
      library
        .rows()
        .filter(({ here }) => here)
        .slice(-3),
    'library:remove-many': (sessions) => {
      for (const session of sessions) library.remove(session)
      return room()
    },
  }
}
