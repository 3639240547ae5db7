import type { ReplayColumns, ReplayRow } from '../../src-protocol/desktop-library.ts'
import type { Verdict } from '../../src-protocol/model.ts'

/** The codes that stand in the columns, also in those that libraries keep: names are only ever added behind. Of a verdict 0 is “none”, and the first is 1. */
export const verdictNames = ['allowed', 'masked', 'held', 'denied', 'failed'] as const satisfies readonly Verdict[]
export const kindNames = [
  'open',
  'request',
  'response',
  'notification',
  'approval',
  'error',
  'resume',
  'close',
  'live-watch',
] as const satisfies readonly ReplayRow['kind'][]

/** Set in a kind's code where the server sent the message. */
export const fromServer = 0x80

const mostTools = 65_534
const latestOffset = 0xffff_ffff

/**
 * What a replay needs of all its rows at once, a few bytes each: to play, to plot, to filter and to step. The text of rows is asked for when they are
 * drawn. Row and sequence number are the same. Offsets are ms since the first record, never run backwards even where the recorded clock did, and
 * end at 2³² (49 days).
 */
export function replayColumnsOf(rows: readonly ReplayRow[]): ReplayColumns {
  const { length } = rows
  const offsets = new Uint32Array(length)
  const kinds = new Uint8Array(length)
  const verdicts = new Uint8Array(length)
  const toolCodes = new Uint16Array(length)
  const heads = new Int32Array(length).fill(-1)
  const codes = new Map<string, number>()
  const exchanges = new Map<number, number>()
  const startedAt = firstTime(rows)
  let latest = 0
  for (const [row, { at, kind, direction, verdict, tool, exchange }] of rows.entries()) {
    const offset = Date.parse(at) - startedAt
    if (Number.isFinite(offset)) latest = Math.min(latestOffset, Math.max(latest, offset))
    offsets[row] = latest
    kinds[row] = kindNames.indexOf(kind) | (direction === 'server' ? fromServer : 0)
    verdicts[row] = verdict ? verdictNames.indexOf(verdict) + 1 : 0
    if (tool !== undefined) toolCodes[row] = codeOf(tool, codes)
    if (exchange === undefined) continue
    const head = exchanges.get(exchange)
    if (head === undefined) exchanges.set(exchange, row)
    heads[row] = head ?? row
  }
  return {
    count: length,
    startedAt,
    offsets: bytesOf(offsets),
    kinds,
    verdicts,
    tools: [...codes.keys()],
    toolCodes: bytesOf(toolCodes),
    heads: bytesOf(heads),
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array | Uint16Array | Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

function firstTime(rows: readonly ReplayRow[]): number {
  for (const row of rows) {
    const time = Date.parse(row.at)
    if (Number.isFinite(time)) return time
  }
  return 0
}

function codeOf(tool: string, codes: Map<string, number>): number {
  const known = codes.get(tool)
  if (known !== undefined) return known
  if (codes.size >= mostTools) return 0
  const code = codes.size + 1
  codes.set(tool, code)
  return code
}
