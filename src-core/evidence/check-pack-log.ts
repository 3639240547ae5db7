import { z } from 'zod'
import { parseBase64 } from '../log/base64.ts'
import { isHash, leafHash, nodeHash, type Hash } from '../log/merkle-hash.ts'
import { verifyInclusion, type TreeHead } from '../log/merkle-proof.ts'
import { parseTlogProof } from '../log/tlog-proof.ts'

const packRange = z.object({
  start: z.number().int().nonnegative(),
  end: z.number().int().nonnegative(),
  size: z.number().int().nonnegative(),
  nodes: z.array(z.object({ start: z.number().int(), end: z.number().int(), hash: z.string().max(100) })).max(200),
})

const packEntry = z.object({ index: z.number().int(), entry: z.string() })

export interface PackEntries extends TreeHead {
  /** first entry, and the one after the last */
  start: number
  end: number
  /** sessions that the entries close */
  closed: number
  /** the root when the log had so many entries, if that follows from what the pack tells */
  rootAt(size: number): Hash | undefined
}

export type PackLog = { ok: true; log: PackEntries } | { ok: false; problem: string }

/**
 * The root that a pack's entries give together with the hashes of what lies before and behind them. A pack that left one entry out, or changed one, gives
 * another root than the one that its checkpoint is signed over. Each entry of the log is told once, by its bytes or by one hash: a second hash over the
 * same entries would answer for them, whatever they say.
 * @param lines of `log/entries.jsonl`
 */
export function readPackLog(rangeText: string, lines: Iterable<string>): PackLog {
  const range = packRange.safeParse(parseJson(rangeText))
  if (!range.success) return { ok: false, problem: 'log/range.json cannot be read' }
  const { start, end, size, nodes } = range.data
  const known = new Map<string, Hash>()
  for (const node of nodes) {
    const hash = parseBase64(node.hash)
    if (!hash || !isHash(hash)) return { ok: false, problem: 'log/range.json has a hash that is none' }
    known.set(`${node.start}-${node.end}`, hash)
  }
  if (!areApart([...nodes, { start, end }], size))
    return { ok: false, problem: 'log/range.json has a hash over entries that something else tells, too' }
  const closed = new Set<string>()
  let at = start
  for (const line of lines) {
    const parsed = packEntry.safeParse(parseJson(line))
    const bytes = parsed.success ? parseBase64(parsed.data.entry) : undefined
    if (!parsed.success || !bytes || parsed.data.index !== at)
      return { ok: false, problem: `line ${at - start + 1} of log/entries.jsonl is not entry ${at}` }
    known.set(`${at}-${at + 1}`, leafHash(bytes))
    const session = closedBy(bytes)
    if (session !== undefined) closed.add(session)
    at += 1
  }
  if (at !== end) return { ok: false, problem: `log/entries.jsonl has ${at - start} entries, and ${end - start} were expected` }
  const root = rootOfRange(0, size, known)
  if (!root) return { ok: false, problem: 'log/range.json lacks hashes' }
  return { ok: true, log: { start, end, size, root, closed: closed.size, rootAt: (count) => rootOfRange(0, count, known) } }
}

/** Whether these ranges lie within a tree, and none over another. */
function areApart(ranges: readonly { start: number; end: number }[], size: number): boolean {
  const sorted = ranges.toSorted((one, other) => one.start - other.start || one.end - other.end)
  return sorted.every(({ start, end }, at) => start >= (sorted[at - 1]?.end ?? 0) && end >= start && end <= size)
}

const closing = Buffer.from('"kind":"session.close"')

function closedBy(bytes: Uint8Array): string | undefined {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(closing)) return undefined
  const entry = z
    .object({ kind: z.literal('session.close'), session: z.string() })
    .safeParse(parseJson(Buffer.from(bytes).toString('utf8')))
  return entry.success ? entry.data.session : undefined
}

/** Proofs (`tlog-proof`) of the entries that stand beside those of the pack. */
export interface PackNeighbours {
  before: string | undefined
  after: string | undefined
}

/**
 * Why the entries may not be all of the period: what stands before them must be older than the period, and what stands behind them must not. Otherwise
 * the hashes around them could hide as much of it as somebody likes.
 */
export function problemOfPeriod(
  { start, end, size, root }: PackEntries,
  { from, to }: { from: string; to: string },
  { before, after }: PackNeighbours,
): string | undefined {
  const timeOf = (text: string | undefined, index: number): number | undefined => {
    const parsed = parseTlogProof(text ?? '')
    if (!parsed.ok || parsed.proof.index !== index) return undefined
    const { entry, hashes } = parsed.proof
    if (!verifyInclusion({ leaf: leafHash(entry), index, size, root, path: hashes })) return undefined
    const told = z.object({ at: z.string() }).safeParse(parseJson(Buffer.from(entry).toString('utf8')))
    return told.success ? Date.parse(told.data.at) : undefined
  }
  const [first, last] = [Date.parse(from), Date.parse(to)]
  if (!(first < last)) return 'its period ends before it begins'
  const earlier = start === 0 ? -Infinity : timeOf(before, start - 1)
  if (earlier === undefined || !(earlier < first)) return `it does not show that entry ${start - 1} of the log lies before the period`
  const later = end === size ? Infinity : timeOf(after, end)
  return later === undefined || !(later >= last) ? `it does not show that entry ${end} of the log lies behind the period` : undefined
}

/** RFC 9162, 2.1, over a tree of whose complete subtrees some are known. */
function rootOfRange(start: number, end: number, known: ReadonlyMap<string, Hash>): Hash | undefined {
  const given = known.get(`${start}-${end}`)
  if (given) return given
  if (end - start <= 1) return undefined
  let point = 1
  while (point * 2 < end - start) point *= 2
  const left = rootOfRange(start, start + point, known)
  const right = left && rootOfRange(start + point, end, known)
  return left && right && nodeHash(left, right)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
