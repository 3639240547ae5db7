import { AppError } from '../../../src-protocol/app-error.ts'
import type { PinnedCheckpoint } from '../../../src-protocol/model.ts'
import type { VerificationReason } from '../../../src-protocol/verification.ts'
import { base64Of, parseBase64 } from '../../../src-core/log/base64.ts'
import { openCheckpoint, type Checkpoint } from '../../../src-core/log/checkpoint.ts'
import { equalBytes } from '../../../src-core/log/merkle-hash.ts'
import { followKeyProofs } from '../../../src-core/log/key-history.ts'
import { verifyConsistency } from '../../../src-core/log/merkle-proof.ts'
import { formatVerifierKey, parseVerifierKey } from '../../../src-core/log/signed-note.ts'
import { parseHashes } from '../../../src-core/recording/verify-recording.ts'
import { timestampOf, type Clock } from '../../../src-node/clock.ts'
import type { LibraryDatabase } from './library-database.ts'

/** Asks the gateway for the consistency hashes between two sizes of its log (base64). */
export type FetchConsistency = (from: number, to: number) => Promise<readonly string[]>

type PinOutcome = { ok: true; pinned: PinnedCheckpoint } | { ok: false; reason: VerificationReason; alarm: string }

interface StoredPin {
  gateway: string
  origin: string
  verifier_key: string
  size: number
  root: string
  note: string
  seen_at: string
  first_seen_at: string
}

export interface PinnedCheckpoints {
  /**
   * Takes the first checkpoint and key of a gateway on trust; from then on every checkpoint has to be of the same key and log, and to prove that it
   * extends the pinned one (or, if it is older, that the pinned one extends it). What does not is an alarm, and the pin stays as it is. Another key
   * is believed if the log's own entries lead to it from the one that is pinned: `rotations` are the proofs of them.
   * Recordings of this log that are not linked to a pinned checkpoint yet are linked on the way.
   * @throws AppError whatever `fetchConsistency` throws because the gateway cannot be reached: no answer is no alarm
   */
  pin(gateway: string, note: string, key: string, fetchConsistency: FetchConsistency, rotations?: readonly string[]): Promise<PinOutcome>
  pinnedFor(gateway: string): PinnedCheckpoint | undefined
  /** proofs of the entries that lead from the first key of a log to the one that is pinned */
  rotationsOf(origin: string): string[]
  /** pins of a log, whichever gateway address showed it, the oldest first: what another gateway says later of the same log does not come before it */
  ofOrigin(origin: string): StoredPin[]
}

export function createPinnedCheckpoints(database: LibraryDatabase, clock: Clock): PinnedCheckpoints {
  const byGateway = database.prepare<[string], StoredPin>('SELECT * FROM pinned WHERE gateway = ?')
  const byOrigin = database.prepare<[string], StoredPin>('SELECT * FROM pinned WHERE origin = ? ORDER BY first_seen_at, gateway')
  const store = database.prepare<StoredPin>(`
    INSERT INTO pinned (gateway, origin, verifier_key, size, root, note, seen_at, first_seen_at)
    VALUES (@gateway, @origin, @verifier_key, @size, @root, @note, @seen_at, @first_seen_at)
    ON CONFLICT (gateway) DO UPDATE SET verifier_key = excluded.verifier_key, size = excluded.size, root = excluded.root, note = excluded.note, seen_at = excluded.seen_at`)
  database.exec('CREATE TABLE IF NOT EXISTS key_rotation (origin TEXT PRIMARY KEY, proofs TEXT NOT NULL) STRICT')
  const storeRotations = database.prepare<[string, string]>('INSERT OR REPLACE INTO key_rotation (origin, proofs) VALUES (?, ?)')
  const storedRotations = database.prepare<[string], string>('SELECT proofs FROM key_rotation WHERE origin = ?').pluck()
  const unlinked = database.prepare<[string, string], { session: string; size: number; root: string }>(`
    SELECT session, checkpoint_size AS size, checkpoint_root AS root FROM recording
    WHERE origin = ? AND verifier_key = ? AND proof_state = 'verified' AND checkpoint_size IS NOT NULL
      AND session NOT IN (SELECT session FROM link)`)
  const storeLink = database.prepare('INSERT OR REPLACE INTO link (session, size, root, seen_at, hashes) VALUES (?, ?, ?, ?, ?)')

  /** One at a time for each gateway: two checkpoints that arrive together are compared one after the other. */
  const running = new Map<string, Promise<unknown>>()

  async function pinNext(seen: SeenCheckpoint, fetchConsistency: FetchConsistency): Promise<PinOutcome> {
    const { gateway, note, keyText, rotations } = seen
    const pinned = byGateway.get(gateway)
    const key = parseVerifierKey(keyText)
    if (!key.ok) return alarm('key-mismatch', `The gateway’s log key is not well formed: ${key.problem}.`)
    const unvouched = pinned && pinned.verifier_key !== keyText ? whyNotVouched(pinned.verifier_key, keyText, rotations) : undefined
    if (unvouched !== undefined) {
      return alarm(
        'key-mismatch',
        `The gateway signs its log with another key than before, and the log does not vouch for it: ${unvouched}.`,
      )
    }
    const opened = openCheckpoint(note, key.key)
    if (!opened.ok) return alarm('signature-invalid', 'The gateway sent a checkpoint without a valid signature of its log.')
    const { checkpoint } = opened
    if (pinned) {
      const outcome = await compare(pinned, checkpoint, fetchConsistency)
      if (outcome) return outcome
    }
    const seenAt = timestampOf(clock.now())
    const isNewer = !pinned || checkpoint.size > pinned.size
    const next: StoredPin = {
      gateway,
      origin: checkpoint.origin,
      verifier_key: keyText,
      ...(isNewer ? { size: checkpoint.size, root: base64Of(checkpoint.root), note } : pinned),
      seen_at: seenAt,
      first_seen_at: pinned?.first_seen_at ?? seenAt,
    }
    store.run(next)
    // what a recording was proven with under an earlier key can be checked from now on without the gateway
    if (pinned && pinned.verifier_key !== keyText) storeRotations.run(checkpoint.origin, JSON.stringify(rotations))
    const broken = await linkRecordings(next, fetchConsistency)
    return broken ?? { ok: true, pinned: pinOf(next) }
  }

  async function compare(pinned: StoredPin, seen: Checkpoint, fetchConsistency: FetchConsistency): Promise<PinOutcome | undefined> {
    const root = parseBase64(pinned.root)
    if (!root) return alarm('log-forked', 'The pinned checkpoint cannot be read: the library of this computer was changed.')
    const known = { size: pinned.size, root }
    if (seen.size === known.size) {
      return equalBytes(seen.root, root) ? undefined : alarm('log-forked', `The log shows two different trees of ${known.size} entries.`)
    }
    const [from, to] = seen.size < known.size ? [seen, known] : [known, seen]
    const holds = await provesConsistency(from, to, fetchConsistency)
    if (holds) return undefined
    return seen.size < known.size
      ? alarm('checkpoint-rolled-back', `The log had ${known.size} entries before and now has ${seen.size}: entries were taken back.`)
      : alarm(
          'log-forked',
          `The log of ${seen.size} entries does not extend the one of ${known.size} entries seen before: history was rewritten.`,
        )
  }

  async function linkRecordings(pin: StoredPin, fetchConsistency: FetchConsistency): Promise<PinOutcome | undefined> {
    const root = parseBase64(pin.root)
    if (!root) return undefined
    for (const recording of unlinked.all(pin.origin, pin.verifier_key)) {
      const own = parseBase64(recording.root)
      if (!own) continue
      const [head, known] = [
        { size: recording.size, root: own },
        { size: pin.size, root },
      ]
      const [from, to] = head.size < known.size ? [head, known] : [known, head]
      let hashes: readonly string[] = []
      try {
        if (from.size !== to.size && from.size > 0) hashes = await fetchConsistency(from.size, to.size)
      } catch {
        // The checkpoint is pinned all the same; the link is made at the next one.
        return undefined
      }
      const path = parseHashes(hashes)
      if (!path || !verifyConsistency(from, to, path)) {
        return alarm(
          'log-forked',
          `The recording of session ${recording.session} is proven by a log that is not the gateway’s log: history was rewritten.`,
        )
      }
      storeLink.run(recording.session, pin.size, pin.root, pin.seen_at, JSON.stringify(hashes))
    }
    return undefined
  }

  return {
    pin(gateway, note, key, fetchConsistency, rotations = []) {
      const before = running.get(gateway) ?? Promise.resolve()
      const next = before.catch(() => undefined).then(() => pinNext({ gateway, note, keyText: key, rotations }, fetchConsistency))
      running.set(gateway, next)
      return next
    },
    pinnedFor(gateway) {
      const pinned = byGateway.get(gateway)
      return pinned && pinOf(pinned)
    },
    rotationsOf: (origin) => JSON.parse(storedRotations.get(origin) ?? '[]') as string[],
    ofOrigin: (origin) => byOrigin.all(origin),
  }
}

interface SeenCheckpoint {
  gateway: string
  note: string
  keyText: string
  rotations: readonly string[]
}

/** Why the log's own entries do not lead from one key to the other, or undefined if they do. */
function whyNotVouched(from: string, to: string, rotations: readonly string[]): string | undefined {
  const trusted = parseVerifierKey(from)
  if (!trusted.ok) return `the pinned key cannot be read: ${trusted.problem}`
  const followed = followKeyProofs(trusted.key, rotations)
  if (!followed.ok) return followed.problem
  return formatVerifierKey(followed.history.current) === to ? undefined : 'no entry leads to it'
}

export async function provesConsistency(
  from: { size: number; root: Uint8Array },
  to: { size: number; root: Uint8Array },
  fetchConsistency: FetchConsistency,
): Promise<boolean> {
  let hashes: readonly string[] = []
  try {
    if (from.size > 0) hashes = await fetchConsistency(from.size, to.size)
  } catch (error) {
    if (error instanceof AppError && refusals.has(error.code)) return false
    throw error
  }
  const path = parseHashes(hashes)
  return path !== undefined && verifyConsistency(from, to, path)
}

/** The gateway answered, and the answer is that there is no such proof. Anything else says nothing about the log. */
const refusals: ReadonlySet<string> = new Set(['INVALID_REQUEST', 'NOT_FOUND', 'CONFLICT', 'LOG_CORRUPT'])

const alarm = (reason: VerificationReason, sentence: string): PinOutcome => ({ ok: false, reason, alarm: sentence })

const pinOf = ({ origin, size, root, note, seen_at: seenAt }: StoredPin): PinnedCheckpoint => ({ origin, size, root, seenAt, note })
