import { AppError } from '../../../src-protocol/app-error.ts'
import type { KnownWitness } from '../../../src-protocol/known-witnesses.ts'
import { openCheckpoint } from '../../../src-core/log/checkpoint.ts'
import { openCosignatures, parseWitnessKey } from '../../../src-core/log/cosignature.ts'
import { equalBytes } from '../../../src-core/log/merkle-hash.ts'
import { parseBase64 } from '../../../src-core/log/base64.ts'
import { parseVerifierKey, type VerifierKey } from '../../../src-core/log/signed-note.ts'
import { timestampOf, type Clock } from '../../../src-node/clock.ts'
import type { LibraryDatabase } from './library-database.ts'
import { provesConsistency, type FetchConsistency, type PinnedCheckpoints } from './pinned-checkpoints.ts'

/** what was sent as cosigned does not fit the pinned log */
export interface CosignedOutcome {
  alarm?: string
}

export interface KnownWitnesses {
  /** how each of them stands to the log that is pinned for this gateway */
  witnesses(gateway: string): KnownWitness[]
  /** @throws AppError KEY_INVALID */
  addWitness(key: string): void
  removeWitness(key: string): void
  /**
   * Takes over what a gateway says that witnesses cosigned: the log's own signature, the cosignatures of known witnesses, and that it is of one history with
   * the pinned checkpoint. What does not hold counts for nothing; another history is an alarm.
   * @throws AppError whatever `fetchConsistency` throws because the gateway cannot be reached: no answer is no alarm
   */
  seeCosigned(gateway: string, note: string, fetchConsistency: FetchConsistency): Promise<CosignedOutcome>
}

/** A gateway asks its witnesses some seconds after its log has grown; a desktop asks the gateway twice a minute. */
const graceMs = 5 * 60_000
const mostWitnesses = 50

interface Row {
  key: string
  size: number | null
  at: string | null
  behind_since: string | null
}

export function createKnownWitnesses(database: LibraryDatabase, pins: PinnedCheckpoints, clock: Clock): KnownWitnesses {
  database.exec(`
    CREATE TABLE IF NOT EXISTS witness (key TEXT PRIMARY KEY) STRICT;
    CREATE TABLE IF NOT EXISTS cosigned (
      key TEXT NOT NULL REFERENCES witness (key) ON DELETE CASCADE,
      origin TEXT NOT NULL,
      size INTEGER,
      at TEXT,
      /** since when the pinned checkpoint is larger */
      behind_since TEXT,
      PRIMARY KEY (key, origin)
    ) STRICT;`)
  const all = database.prepare<[string], Row>(
    'SELECT witness.key, size, at, behind_since FROM witness LEFT JOIN cosigned ON cosigned.key = witness.key AND origin = ? ORDER BY witness.key',
  )
  const add = database.prepare('INSERT OR IGNORE INTO witness (key) VALUES (?)')
  const remove = database.prepare('DELETE FROM witness WHERE key = ?')
  const store = database.prepare(
    'INSERT OR REPLACE INTO cosigned (key, origin, size, at, behind_since) VALUES (@key, @origin, @size, @at, @behind_since)',
  )

  const rowsOf = (origin: string) => all.all(origin)

  /** Notes since when a witness is behind, so that the moment in which a log has just grown is no warning. */
  function observe(row: Row, origin: string, pinnedSize: number): Row {
    const isBehind = row.size === null || row.size < pinnedSize
    if (isBehind === (row.behind_since !== null)) return row
    const next = { ...row, behind_since: isBehind ? timestampOf(clock.now()) : null }
    store.run({ ...next, origin })
    return next
  }

  const keyOf = (text: string): VerifierKey | undefined => {
    const parsed = parseWitnessKey(text)
    return parsed.ok ? parsed.key : undefined
  }

  function stateOf({ size, behind_since: since }: Row): KnownWitness['state'] {
    if (size === null) return 'never'
    return since !== null && clock.now().getTime() - Date.parse(since) > graceMs ? 'behind' : 'cosigned'
  }

  return {
    witnesses(gateway) {
      const origin = pins.pinnedFor(gateway)?.origin
      const pinned = pins.pinnedFor(gateway)
      return rowsOf(origin ?? '').map((row) => {
        const seen = origin === undefined || !pinned ? row : observe(row, origin, pinned.size)
        const { key, size, at } = seen
        return {
          name: keyOf(key)?.name ?? key,
          key,
          state: stateOf(seen),
          ...(size !== null && at !== null && { last: { size, at } }),
        }
      })
    },
    addWitness(text) {
      const parsed = parseWitnessKey(text.trim())
      if (!parsed.ok) throw new AppError('KEY_INVALID', { problem: parsed.problem })
      if (rowsOf('').length >= mostWitnesses) throw new AppError('INVALID_REQUEST', { problem: `at most ${mostWitnesses} witnesses` })
      add.run(text.trim())
    },
    removeWitness: (key) => void remove.run(key),
    async seeCosigned(gateway, note, fetchConsistency) {
      const pinned = pins.pinnedFor(gateway)
      if (!pinned) return {}
      const { origin } = pinned
      const rows = rowsOf(origin)
      const cosignatures = rows.flatMap((row) => {
        const key = keyOf(row.key)
        return key ? openCosignatures(note, [key]).map(({ at }) => ({ row, at })) : []
      })
      if (cosignatures.length === 0) return {}
      const [pin] = pins.ofOrigin(origin)
      const logKey = parseVerifierKey(pin?.verifier_key ?? '')
      const opened = logKey.ok ? openCheckpoint(note, logKey.key) : undefined
      // under a key that was replaced it counts for nothing: the next one is signed by the new key
      if (!opened?.ok) return {}
      const { checkpoint } = opened
      const names = cosignatures.map(({ row }) => keyOf(row.key)?.name ?? '').join(', ')
      const root = parseBase64(pinned.root)
      const known = root && { size: pinned.size, root }
      const isNew = cosignatures.some(({ row }) => row.size !== checkpoint.size)
      if (!known) return {}
      if (checkpoint.size === known.size) {
        if (!equalBytes(checkpoint.root, known.root)) return { alarm: twoHistories(names) }
      } else if (isNew) {
        const [from, to] = checkpoint.size < known.size ? [checkpoint, known] : [known, checkpoint]
        if (!(await provesConsistency(from, to, fetchConsistency))) return { alarm: twoHistories(names) }
      }
      for (const { row, at } of cosignatures) {
        if (row.size !== null && checkpoint.size < row.size) continue
        const covers = checkpoint.size >= known.size
        // a busy log is always a little ahead: it is behind since the witness saw it last
        const since = row.behind_since !== null && row.behind_since > timestampOf(at) ? row.behind_since : timestampOf(at)
        store.run({ key: row.key, origin, size: checkpoint.size, at: timestampOf(at), behind_since: covers ? null : since })
      }
      return {}
    },
  }
}

const twoHistories = (names: string): string =>
  `What ${names} cosigned is not of the log that this computer has pinned: the gateway shows two histories.`
