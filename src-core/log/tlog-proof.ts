/**
 * `c2sp.org/tlog-proof@v1`. Our `extra` line carries the log entry's own bytes: the specification leaves extra data to the application and calls it
 * untrusted, and so it is here — it counts only because it hashes to the leaf whose inclusion the proof shows.
 */
import { base64Of, parseBase64 } from './base64.ts'
import { parseDecimal } from './checkpoint.ts'
import { isHash, type Hash } from './merkle-hash.ts'

const header = 'c2sp.org/tlog-proof@v1'
const maximumHashes = 63

export interface TlogProof {
  /** the entry's bytes */
  entry: Uint8Array
  index: number
  /** inclusion path, the leaf's sibling first */
  hashes: Hash[]
  /** signed note, verbatim */
  checkpoint: string
}

export type ParsedTlogProof = { ok: true; proof: TlogProof } | { ok: false; problem: string }

export const formatTlogProof = (proof: TlogProof): string =>
  [header, `extra ${base64Of(proof.entry)}`, `index ${proof.index}`, ...proof.hashes.map(base64Of), '', proof.checkpoint].join('\n')

export function parseTlogProof(text: string): ParsedTlogProof {
  const gap = text.indexOf('\n\n')
  if (gap < 0) return { ok: false, problem: 'it has no empty line before the checkpoint' }
  const [first, extra, position, ...path] = text.slice(0, gap).split('\n')
  if (first !== header) return { ok: false, problem: `its first line is not ${header}` }
  const entry = extra?.startsWith('extra ') ? parseBase64(extra.slice('extra '.length)) : undefined
  if (!entry || entry.length === 0) return { ok: false, problem: 'it does not carry the log entry (extra)' }
  const index = position?.startsWith('index ') ? parseDecimal(position.slice('index '.length)) : undefined
  if (index === undefined) return { ok: false, problem: 'its index is not a number' }
  if (path.length > maximumHashes) return { ok: false, problem: `it has more than ${maximumHashes} hashes` }
  const hashes: Hash[] = []
  for (const line of path) {
    const hash = parseBase64(line)
    if (!hash || !isHash(hash)) return { ok: false, problem: `hash ${hashes.length + 1} is not the base64 of 32 bytes` }
    hashes.push(hash)
  }
  return { ok: true, proof: { entry, index, hashes, checkpoint: text.slice(gap + 2) } }
}
