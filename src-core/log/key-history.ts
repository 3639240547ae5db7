/** The keys of a log, one after the other, as its own entries tell: from a key that is trusted to the one that signs a checkpoint. */
import { logEntry } from '../../src-protocol/log-entry.ts'
import { openCheckpoint, readClaimedCheckpoint, type OpenedCheckpoint } from './checkpoint.ts'
import { openRotation, type KeyRotation } from './key-rotation.ts'
import { leafHash } from './merkle-hash.ts'
import { verifyInclusion } from './merkle-proof.ts'
import { formatVerifierKey, type VerifierKey } from './signed-note.ts'
import { parseTlogProof } from './tlog-proof.ts'

export interface KeyHistory {
  /** the newest key */
  readonly current: VerifierKey
  /** entries that handed over, oldest first */
  readonly rotations: readonly KeyRotation[]
  /** the key that may sign a tree of so many entries; an older one may no more, a newer one not yet */
  keyAt(size: number): VerifierKey
}

export type FollowedKeys = { ok: true; history: KeyHistory } | { ok: false; index: number; problem: string }

/** An entry that says that the key changes. */
export interface RotationEntry {
  index: number
  note: string
}

/**
 * The keys of a log that hands over at these entries. Each key must be vouched for by the one before it, at the place where the statement says that it
 * stands, and the trusted one must be among them.
 */
export function followKeys(trusted: VerifierKey, entries: readonly RotationEntry[]): FollowedKeys {
  const rotations: KeyRotation[] = []
  const seen = new Set<string>()
  for (const { index, note } of entries) {
    const refuse = (problem: string): FollowedKeys => ({ ok: false, index, problem })
    const opened = openRotation(note)
    if (!opened.ok) return refuse(opened.problem)
    const { rotation } = opened
    const [from, to] = [formatVerifierKey(rotation.from), formatVerifierKey(rotation.to)]
    const before = rotations.at(-1)
    if (rotation.index !== index) return refuse(`it says that it is entry ${rotation.index}`)
    if (rotation.origin !== trusted.name) return refuse('it is about another log')
    if (before && (before.index >= index || formatVerifierKey(before.to) !== from)) return refuse('it replaces a key that was not in force')
    seen.add(from)
    if (seen.has(to)) return refuse('it brings back a key that was replaced')
    seen.add(to)
    rotations.push(rotation)
  }
  const first = rotations[0]
  if (first && !seen.has(formatVerifierKey(trusted))) {
    return { ok: false, index: first.index, problem: 'no entry leads from the key that is trusted to the keys of this log' }
  }
  return { ok: true, history: historyOf(trusted, rotations) }
}

function historyOf(trusted: VerifierKey, rotations: readonly KeyRotation[]): KeyHistory {
  return {
    rotations,
    current: rotations.at(-1)?.to ?? trusted,
    keyAt: (size) => rotations.findLast(({ index }) => index < size)?.to ?? rotations[0]?.from ?? trusted,
  }
}

/** The same from proofs (`tlog-proof`) of those entries, for who has not the log: each of them must be in a tree that a key of the history signed. */
export function followKeyProofs(trusted: VerifierKey, proofs: readonly string[]): FollowedKeys {
  const entries: RotationEntry[] = []
  const claims: { index: number; checkpoint: string; holds: boolean }[] = []
  for (const text of proofs) {
    const parsed = parseTlogProof(text)
    if (!parsed.ok) return { ok: false, index: 0, problem: `its proof is not well formed: ${parsed.problem}` }
    const { entry, index, hashes, checkpoint } = parsed.proof
    const note = rotationNoteOf(entry)
    if (note === undefined) return { ok: false, index, problem: 'the entry does not replace a key' }
    const head = readClaimedCheckpoint(checkpoint)
    const holds = head !== undefined && verifyInclusion({ leaf: leafHash(entry), index, size: head.size, root: head.root, path: hashes })
    entries.push({ index, note })
    claims.push({ index, checkpoint, holds })
  }
  const followed = followKeys(trusted, entries)
  if (!followed.ok) return followed
  const bad = claims.find(({ checkpoint, holds }) => !holds || !openCheckpointBy(checkpoint, followed.history).ok)
  return bad ? { ok: false, index: bad.index, problem: 'its proof does not show that it is in the log' } : followed
}

/** The checkpoint in a note, if the key that was in force at its size signed it. */
export function openCheckpointBy(note: string, history: KeyHistory): OpenedCheckpoint {
  const claimed = readClaimedCheckpoint(note)
  return claimed ? openCheckpoint(note, history.keyAt(claimed.size)) : { ok: false, reason: 'malformed' }
}

const mark = Buffer.from('"kind":"key.rotate"')

/** The statement in an entry's bytes, if it is one that replaces a key. Quick for all others. */
export function rotationNoteOf(bytes: Uint8Array): string | undefined {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(mark)) return undefined
  try {
    const parsed = logEntry.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
    return parsed.success && parsed.data.kind === 'key.rotate' ? parsed.data.note : undefined
  } catch {
    return undefined
  }
}
