import { z } from 'zod'
import { parseBase64 } from '../log/base64.ts'
import { isHash, leafHash, nodeHash, type Hash } from '../log/merkle-hash.ts'

const packRange = z.object({
  start: z.number().int().nonnegative(),
  end: z.number().int().nonnegative(),
  size: z.number().int().nonnegative(),
  nodes: z.array(z.object({ start: z.number().int(), end: z.number().int(), hash: z.string().max(100) })).max(200),
})

const packEntry = z.object({ index: z.number().int(), entry: z.string() })

export type PackLog = { ok: true; root: Hash; size: number; entries: number } | { ok: false; problem: string }

/**
 * The root that a pack's entries give together with the hashes of what lies before and behind them. A pack that left one entry out, or changed one, gives
 * another root than the one that its checkpoint is signed over.
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
  let at = start
  for (const line of lines) {
    const parsed = packEntry.safeParse(parseJson(line))
    const bytes = parsed.success ? parseBase64(parsed.data.entry) : undefined
    if (!parsed.success || !bytes || parsed.data.index !== at)
      return { ok: false, problem: `line ${at - start + 1} of log/entries.jsonl is not entry ${at}` }
    known.set(`${at}-${at + 1}`, leafHash(bytes))
    at += 1
  }
  if (at !== end) return { ok: false, problem: `log/entries.jsonl has ${at - start} entries, and ${end - start} were expected` }
  const root = rootOfRange(0, size, known)
  return root ? { ok: true, root, size, entries: at - start } : { ok: false, problem: 'log/range.json lacks hashes' }
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
