import { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopArguments, DesktopChannel, DesktopOutput } from '../../src-protocol/desktop-api.ts'
import type { LibraryRow } from '../../src-protocol/library-row.ts'
import type { ReplayRow } from '../../src-protocol/desktop-library.ts'
import { replayColumnsOf } from '../../src-core/recording/replay-columns.ts'
import { replayRowsOf } from '../../src-core/recording/replay-rows.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import type { Verification } from '../../src-protocol/verification.ts'
import { fakeLibraryRows } from './recordings/library-rows.ts'
import { compareRows } from './recordings/compare-rows.ts'
import { findFakeRecords } from './recordings/find-records.ts'
import { facetsOf, pageOfRows } from './recordings/page-of-rows.ts'
import { fakeStorage } from './recordings/storage.ts'
import { fakeSearch } from './recordings/recording-hits.ts'
import { lookalikeHash } from './recordings/random.ts'
import { fakeSessionId, ordersRecording } from './recordings/session-records.ts'
import { bodyMismatch, rootMismatch, verifiedProof, verifiedWithoutPin } from './recordings/verifications.ts'

export { fakeLibraryRows, manyLibraryRows } from './recordings/library-rows.ts'
export { manyReplayRows } from './recordings/replay-rows.ts'
export { ordersRecording, ordersSession, fakeSessionId } from './recordings/session-records.ts'
export { forkedLog, rootMismatch, verifiedProof } from './recordings/verifications.ts'

/** of these `fake-downloads.ts` takes care */
type RoomChannel = 'library:room' | 'library:oldest' | 'library:remove-many'
type LibraryChannel = Exclude<Extract<DesktopChannel, `${'library' | 'evidence' | 'recordings' | 'storage'}:${string}`>, RoomChannel>
export type LibraryHandlers = { [C in LibraryChannel]: (...input: DesktopArguments<C>) => Promise<DesktopOutput<C>> }

export interface FakeLibraryOptions {
  rows?: LibraryRow[]
  offline?: boolean
  /** stands in for the replay of every session; without it all of them replay the orders recording */
  replayRows?: ReplayRow[]
  /** what verifying says; by default a row's proof state decides */
  verification?: (row: LibraryRow, seq: number | undefined) => Verification
  /** makes this channel fail */
  failing?: { channel: LibraryChannel; error: AppError }
}

/** The library as the desktop's main process would answer it, kept in memory: downloads, removals and verifications take effect. */
export function fakeLibrary(options: FakeLibraryOptions = {}): LibraryHandlers {
  const records = ordersRecording()
  const replayRows = options.replayRows ?? replayRowsOf(records)
  const otherRows = replayRowsOf(ordersRecording(52))
  let rows = options.rows ?? fakeLibraryRows()

  const rowsOf = (session: string): ReplayRow[] => (session === fakeSessionId(1) ? otherRows : replayRows)
  const rowOf = (session: string): LibraryRow => {
    const row = rows.find((candidate) => candidate.session === session)
    if (!row) throw new AppError('NOT_FOUND', { what: `The recording ${session}` })
    return row
  }
  const change = (session: string, values: Partial<LibraryRow>): LibraryRow => {
    const changed = { ...rowOf(session), ...values }
    rows = rows.map((row) => (row.session === session ? changed : row))
    return changed
  }
  const recordAt = (seq: number): SessionRecord => {
    const record = records.at(seq % records.length)
    if (!record) throw new AppError('NOT_FOUND', { what: `Record ${seq}` })
    return { ...record, seq }
  }

  const handlers: LibraryHandlers = {
    'library:list': async (query) => {
      const visible = rows.filter((row) => row.here || (!query.hereOnly && !options.offline))
      const here = rows.filter((row) => row.here).length
      return {
        ...pageOfRows(visible, query),
        total: options.offline ? visible.length : rows.length,
        here,
        offline: options.offline ?? false,
      }
    },
    'library:facets': async () => facetsOf(rows.filter((row) => row.here)),
    'library:find': async (query) => findFakeRecords(records, rows, query),
    'library:download': async (sessions) => {
      if (options.offline) throw new AppError('GATEWAY_UNREACHABLE', { gateway: 'gate.acme.example' })
      return sessions.map((session) => change(session, { here: true, proof: 'verified' }))
    },
    'library:remove': async (session) => {
      change(session, { here: false, proof: 'unchecked' })
      return undefined
    },
    'library:import': async () => ({ rows: [] }),
    'library:import-state': async () => undefined,
    'library:cancel-import': async () => undefined,
    'library:get': async (session) => ({
      row: { ...rowOf(session), records: replayRows.length },
      rows: rowsOf(session),
    }),
    'library:open': async (session) => ({
      row: { ...rowOf(session), records: replayRows.length },
      columns: replayColumnsOf(rowsOf(session)),
    }),
    'library:compare': async ({ left, right }) => ({
      left: rowOf(left),
      right: rowOf(right),
      pairs: compareRows(rowsOf(left), rowsOf(right)),
    }),
    'library:rows': async ({ session, seqs }) => {
      const all = rowsOf(session)
      return seqs.flatMap((seq) => all[seq] ?? [])
    },
    'library:record': async ({ seq }) => {
      const line = JSON.stringify(recordAt(seq))
      return { line, leaf: lookalikeHash(`leaf ${seq}`) }
    },
    'library:search': async ({ text }) => {
      const wanted = text.toLowerCase()
      const found = records.filter((record) => JSON.stringify(record).toLowerCase().includes(wanted))
      const bits = new Uint8Array(Math.ceil(replayRows.length / 8))
      for (const { seq } of found) bits[seq >> 3]! |= 1 << (seq & 7)
      return { count: found.length, bits }
    },
    'library:verify': async ({ session, seq }) => {
      const row = rowOf(session)
      const verification = options.verification?.(row, seq) ?? verificationOf(row, replayRows.length, seq)
      change(session, { proof: verification.verified ? 'verified' : 'failed' })
      return verification
    },
    'storage:health': async () => fakeStorage(rows),
    'recordings:search': async ({ text, cursor }) => {
      if (options.offline) throw new AppError('GATEWAY_UNREACHABLE', { gateway: 'gate.acme.example' })
      return fakeSearch(rows, text, cursor)
    },
    'evidence:export': async ({ from, to }) => ({
      file: `/home/auditor/evidence/evidence-${from.slice(0, 10)}-to-${to.slice(0, 10)}-5d41402a.zip`,
      key: 'gate.acme.example/log+900f5a4c+Af450GEUeFhDlY2faD0cCg0SBvPYcpwNzVmJdhDeREG7',
      pack: {
        id: 'pck_abcdefghij012345',
        bytes: 48_211_904,
        sha256: 'ab'.repeat(32),
        manifest: '5d41402abc4b2a76b9719d911017c592'.repeat(2),
        logIndex: 88_412,
        entries: 41_207,
        sessions: 9_830,
        sample: 25,
        expiresAt: '2026-11-22T18:00:00.000Z',
      },
    }),
    'library:export': async (sessions) =>
      sessions.flatMap((session) => [
        `/home/auditor/evidence/${session}.jsonl`,
        `/home/auditor/evidence/${session}.tlog-proof`,
        '/home/auditor/evidence/gate.acme.example.pub',
      ]),
  }
  const { failing } = options
  return failing ? { ...handlers, [failing.channel]: () => Promise.reject(failing.error) } : handlers
}

/** By what the list says about the row: most verify, one was altered, one names the altered record, one has nothing pinned. */
function verificationOf(row: LibraryRow, records: number, seq: number | undefined): Verification {
  if (row.session === fakeSessionId(16)) return bodyMismatch(records, 84)
  if (row.proof === 'failed') return rootMismatch(records, seq)
  return row.session === fakeSessionId(8) ? verifiedWithoutPin(records, seq) : verifiedProof(records, seq)
}
