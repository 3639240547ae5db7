import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { StorageHealth } from '../../../src-protocol/storage.ts'

/** A disk that fills up, a pass that runs, and one recording that somebody changed. */
export function fakeStorage(rows: readonly LibraryRow[]): StorageHealth {
  const failed = rows.find(({ proof }) => proof === 'failed')
  return {
    state: rows.length === 0 ? 'ok' : 'low',
    recordings: { freeBytes: 1_740_000_000, totalBytes: 512_000_000_000 },
    log: { freeBytes: 48_200_000_000, totalBytes: 64_000_000_000 },
    minimumFreeBytes: 512_000_000,
    writeMs: 1.8,
    checkpointAt: new Date(Date.now() - 12_000).toISOString(),
    backlog: { search: 0, compression: 14 },
    scan: {
      running: true,
      startedAt: new Date(Date.now() - 3_600_000).toISOString(),
      checked: 4120,
      recordings: 9830,
      last: {
        startedAt: new Date(Date.now() - 90_000_000).toISOString(),
        finishedAt: new Date(Date.now() - 86_400_000).toISOString(),
        recordings: 9711,
        findings: 0,
      },
    },
    ...(rows.length > 0 && {
      copy: {
        state: 'ok' as const,
        folder: '/mnt/evidence-copy',
        waiting: 3,
        entries: 18,
        lastAt: new Date(Date.now() - 42_000).toISOString(),
        behindSince: new Date(Date.now() - 42_000).toISOString(),
      },
    }),
    findings: failed ? [{ session: failed.session, finding: 'altered' }] : [],
  }
}
