/** C2SP tlog-witness, `add-checkpoint`: what a log sends to a witness, and what the witness decides. */
import { base64Of, parseBase64 } from './base64.ts'
import { openCheckpoint, parseDecimal, readClaimedCheckpoint, type Checkpoint } from './checkpoint.ts'
import { emptyRoot, equalBytes, isHash, type Hash } from './merkle-hash.ts'
import { verifyConsistency } from './merkle-proof.ts'
import type { VerifierKey } from './signed-note.ts'

const maximumHashes = 63

export interface AddCheckpoint {
  /** size of the checkpoint that the witness cosigned last, as far as the log knows */
  old: number
  /** consistency from there to the new one */
  hashes: readonly Hash[]
  /** the new checkpoint, a signed note */
  note: string
}

export const formatAddCheckpoint = ({ old, hashes, note }: AddCheckpoint): string =>
  [`old ${old}`, ...hashes.map(base64Of), '', note].join('\n')

export function parseAddCheckpoint(text: string): AddCheckpoint | undefined {
  const gap = text.indexOf('\n\n')
  const [first = '', ...lines] = text.slice(0, Math.max(gap, 0)).split('\n')
  const old = first.startsWith('old ') ? parseDecimal(first.slice('old '.length)) : undefined
  if (gap < 0 || old === undefined || lines.length > maximumHashes) return undefined
  const hashes: Hash[] = []
  for (const line of lines) {
    const hash = parseBase64(line)
    if (!hash || !isHash(hash)) return undefined
    hashes.push(hash)
  }
  return { old, hashes, note: text.slice(gap + 2) }
}

export type WitnessDecision =
  | { status: 200; checkpoint: Checkpoint }
  | { status: 400 | 403 | 404; problem: string }
  /** the log says another size than the witness knows: `size` is the right one. Nothing is wrong with the log yet */
  | { status: 409; size: number; problem: string; misbehaved: false }
  /** the log's key signed a tree that does not continue the one that was cosigned */
  | { status: 409 | 422; problem: string; misbehaved: true }

/**
 * Whether a witness cosigns.
 * @param keysOf keys of the log with this origin; undefined: it is not known here
 * @param latest what was cosigned last for this origin
 */
export function decideCosign(
  request: AddCheckpoint | undefined,
  keysOf: (origin: string) => readonly VerifierKey[] | undefined,
  latest: (origin: string) => { size: number; root: Hash } | undefined,
): WitnessDecision {
  const claimed = request && readClaimedCheckpoint(request.note)
  if (!request || !claimed) return { status: 400, problem: 'the request is not well formed' }
  const keys = keysOf(claimed.origin)
  if (!keys) return { status: 404, problem: 'this log is not known here' }
  if (!keys.some((key) => openCheckpoint(request.note, key).ok))
    return { status: 403, problem: 'no known key of this log signed the checkpoint' }
  if (request.old > claimed.size) return { status: 400, problem: 'the old size is larger than the new one' }
  const before = latest(claimed.origin) ?? { size: 0, root: emptyRoot }
  if (request.old !== before.size) {
    const problem =
      claimed.size < before.size
        ? `it was cosigned with ${before.size} entries, and has ${claimed.size} now`
        : 'the old size is another one'
    return { status: 409, size: before.size, problem, misbehaved: false }
  }
  if (claimed.size === before.size && !equalBytes(claimed.root, before.root)) {
    return { status: 409, misbehaved: true, problem: `two different trees of ${before.size} entries carry its signature: it was forked` }
  }
  if (!verifyConsistency(before, claimed, request.hashes)) {
    return {
      status: 422,
      misbehaved: true,
      problem: `the tree of ${claimed.size} entries is not shown to continue the one of ${before.size}: it was forked`,
    }
  }
  return { status: 200, checkpoint: claimed }
}
