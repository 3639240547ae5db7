/** What recording, recovery, verification and proofs cost, with the product's own stores on the disk. P5 and P6. */
import { generateKeyPairSync } from 'node:crypto'
import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pino } from 'pino'
import { signCheckpoint } from '../../src-core/log/checkpoint.ts'
import { leafHash } from '../../src-core/log/merkle-hash.ts'
import { rootOf } from '../../src-core/log/merkle-frontier.ts'
import { entriesPath, formatEntries, formatTile, tilePath, tileWidth } from '../../src-core/log/tile.ts'
import {
  fixtureVerifierKey,
  messageRecordFixture,
  openRecordFixture,
  proofFixture,
  recordingText,
  recordsFixture,
} from '../../src-core/recording/sealed-recording.fixture.ts'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { createRecordingIndex } from '../../src-gateway/recordings/recording-index.ts'
import { recoverSessions } from '../../src-gateway/sessions/recover-sessions.ts'
import { createSessionStore } from '../../src-gateway/sessions/session-store.ts'
import { openState } from '../../src-gateway/state/state-database.ts'
import { systemClock } from '../../src-node/clock.ts'
import { openLog } from '../../src-node/log-store.ts'
import { treeRoot } from '../../src-node/log-tree.ts'
import { newSessionId } from '../../src-node/random-id.ts'
import { openRecordingStore } from '../../src-node/recording-store.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import type { Figure, Figures } from './bars.ts'
import { insertRows, sessionRow } from './state-rows.ts'
import { median, quantile } from './statistics.ts'
import { idleArchive } from '../../src-gateway/recordings/idle-archive.fixture.ts'
import { createRemovals } from '../../src-gateway/retention/removals.ts'

const rounds = 3
const origin = 'bench.example/log'
const { privateKey } = generateKeyPairSync('ed25519')

export async function measureEvidence(folder: string): Promise<Figures> {
  return {
    'p5-records': await overRounds((round) => recordsPerSecond(join(folder, `records-${round}`))),
    'p5-recovery': await overRounds((round) => recoverySeconds(join(folder, `torn-${round}`))),
    'p6-verify': await overRounds(verifiedPerSecond()),
    'p6-proof': await proofMilliseconds(join(folder, 'large-log')),
  }
}

async function overRounds(measure: (round: number) => number | Promise<number>): Promise<Figure> {
  const each: number[] = []
  for (let round = 0; round < rounds; round += 1) each.push(await measure(round))
  return { value: median(each), each }
}

/** 32 sessions with 32 writers each, every one of which waits until its record is durable. */
async function recordsPerSecond(folder: string): Promise<number> {
  const store = await openRecordingStore({ folder, clock: systemClock })
  const { v: _v, seq: _seq, at: _at, ...message } = messageRecordFixture(1)
  const writers = await Promise.all(
    Array.from({ length: 32 }, async (_, counter) => {
      const { v: _version, seq: _place, at: _time, ...open } = openRecordFixture({ session: newSessionId(), counter })
      return store.create(open)
    }),
  )
  let records = 0
  const run = (end: number) =>
    Promise.all(
      writers.flatMap((writer) =>
        Array.from({ length: 32 }, async () => {
          while (performance.now() < end) {
            await writer.append(message)
            records += 1
          }
        }),
      ),
    )
  await run(performance.now() + 1000)
  records = 0
  const started = performance.now()
  await run(started + 2000)
  const rate = (records / (performance.now() - started)) * 1000
  await store.close()
  rmSync(folder, { recursive: true })
  return rate
}

const tornSessions = 1000

/** A gateway that was killed with a thousand sessions of a hundred records, each with half a line at its end. */
async function recoverySeconds(folder: string): Promise<number> {
  const open = join(folder, 'recordings', 'open')
  for (const path of [open, join(folder, 'log'), join(folder, 'state')]) mkdirSync(path, { recursive: true })
  const state = await openState(join(folder, 'state'))
  const store = createSessionStore(state.database)
  const rows = Array.from({ length: tornSessions }, (_, at) =>
    sessionRow(newSessionId(), at + 1, { sealed: 0, ended_at: null, end_reason: null }),
  )
  insertRows(state.connection, 'sessions', rows)
  for (const { id, counter } of rows) {
    const session = id as SessionId
    const records = [
      openRecordFixture({ session, counter: Number(counter) }),
      ...Array.from({ length: 100 }, (_, at) => messageRecordFixture(at + 1)),
    ]
    writeFileSync(join(open, `${session}.jsonl`), `${recordingText(records)}{"v":1,"seq":101,"at":"2026-`)
  }
  const log = await openLog({ folder: join(folder, 'log'), origin, privateKey, clock: systemClock })
  const started = performance.now()
  const recordings = await openRecordingStore({ folder: join(folder, 'recordings'), clock: systemClock })
  const index = createRecordingIndex({
    database: state.database,
    recordings,
    log,
    archive: idleArchive,
    removals: createRemovals({ database: state.database, log }),
  })
  const logger = pino({ level: 'silent' })
  await recoverSessions({ store, index, log, recordings, clock: systemClock, gateway: 'bench.example', logger })
  const seconds = (performance.now() - started) / 1000
  const left = (await store.unsealed()).length
  if (left > 0 || log.size < tornSessions) throw new Error(`${left} sessions were not recovered`)
  await recordings.close()
  await log.close()
  state.close()
  rmSync(folder, { recursive: true })
  return seconds
}

function verifiedPerSecond(): () => number {
  const records = recordsFixture(100_000)
  const text = recordingText(records)
  const recording = Buffer.from(text)
  const proof = proofFixture(text)
  const verify = () => {
    const started = performance.now()
    const { verified } = verifyRecording({ recording, proof, key: fixtureVerifierKey })
    if (!verified) throw new Error('the recording of the benchmark does not verify')
    return records.length / ((performance.now() - started) / 1000)
  }
  verify()
  return verify
}

/**
 * A log of 10,000,128 entries as files in their real places. Its leaves repeat after 256, so that its tiles can be links to three files;
 * it opens, reads and proves as any other.
 */
async function proofMilliseconds(folder: string): Promise<Figure> {
  const entries = Array.from({ length: tileWidth }, (_, at) => Buffer.from(`{"v":1,"kind":"session.close","entry":${at}}`))
  const leaves = entries.map(leafHash)
  const inner = Array.from({ length: tileWidth }, () => rootOf(leaves))
  const bundles = 39_063
  const full = Math.floor(bundles / tileWidth)
  const tiles = [[], inner.slice(0, bundles % tileWidth), Array.from({ length: full }, () => rootOf(inner))]
  const size = bundles * tileWidth
  const place = (bytes: Uint8Array, paths: readonly string[]): void => {
    const [first = ''] = paths
    for (const path of paths) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      if (path === first) writeFileSync(join(folder, path), bytes)
      else linkSync(join(folder, first), join(folder, path))
    }
  }
  const each = (count: number, path: (index: number) => string) => Array.from({ length: count }, (_, index) => path(index))
  place(
    formatEntries(entries),
    each(bundles, (index) => entriesPath(index)),
  )
  place(
    formatTile(leaves),
    each(bundles, (index) => tilePath(0, index)),
  )
  place(
    formatTile(inner),
    each(full, (index) => tilePath(1, index)),
  )
  place(formatTile(tiles[1] ?? []), [tilePath(1, full, bundles % tileWidth)])
  place(formatTile(tiles[2] ?? []), [tilePath(2, 0, full)])
  const tree = { size, entries: [], tiles }
  writeFileSync(join(folder, 'checkpoint'), signCheckpoint({ origin, size, root: treeRoot(tree) }, privateKey))

  const log = await openLog({ folder, origin, privateKey, clock: systemClock })
  if (log.size !== size) throw new Error(`the log has ${log.size} entries instead of ${size}`)
  const times: number[] = []
  for (let tries = 0; tries < 300; tries += 1) {
    // far apart, so that none finds its tiles in memory
    const index = (tries * 7_919_993 + 4711) % size
    const started = performance.now()
    await log.tlogProof(index)
    times.push(performance.now() - started)
  }
  await log.close()
  rmSync(folder, { recursive: true })
  return { value: quantile(times.slice(20), 0.95) }
}
