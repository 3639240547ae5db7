import type { Verdict } from '../../../src-protocol/model.ts'
import { kindNames, verdictNames } from '../../../src-core/recording/replay-columns.ts'
import type { RowKind, Timeline } from './timeline.ts'

/** What the list shows. Empty `verdicts`, `tool` or `kind` undefined: no restriction. `matches`: the result of a text search. */
export interface ReplayFilters {
  verdicts: ReadonlySet<Verdict>
  tool: string | undefined
  kind: RowKind | undefined
  /** rows that contain the searched text, a bit for each */
  matches: Uint8Array | undefined
}

export const noFilters: ReplayFilters = { verdicts: new Set(), tool: undefined, kind: undefined, matches: undefined }

export function isFiltering(filters: ReplayFilters): boolean {
  return filters.verdicts.size > 0 || filters.tool !== undefined || filters.kind !== undefined || filters.matches !== undefined
}

/** Rows that pass every filter, ascending. */
export function filterRows(timeline: Timeline, filters: ReplayFilters): Uint32Array {
  const { count: length } = timeline
  const kept = new Uint32Array(length)
  const wantedVerdicts = verdictNames.map((name) => filters.verdicts.has(name))
  const anyVerdict = filters.verdicts.size === 0
  const toolCode = filters.tool === undefined ? -1 : timeline.tools.indexOf(filters.tool) + 1
  const kindCode = filters.kind === undefined ? -1 : kindNames.indexOf(filters.kind)
  let count = 0
  for (let row = 0; row < length; row += 1) {
    const verdict = timeline.verdicts[row] ?? 0
    if (!anyVerdict && (verdict === 0 || !wantedVerdicts[verdict - 1])) continue
    // a tool that never occurs (code 0) matches nothing, not every message without a tool
    if (toolCode >= 0 && (toolCode === 0 || timeline.toolCodes[row] !== toolCode)) continue
    if (kindCode >= 0 && timeline.kinds[row] !== kindCode) continue
    if (filters.matches && !((filters.matches[row >> 3] ?? 0) & (1 << (row & 7)))) continue
    kept[count] = row
    count += 1
  }
  return kept.slice(0, count)
}

export function countVerdicts(timeline: Timeline): Record<Verdict, number> {
  const counts: Record<Verdict, number> = { allowed: 0, masked: 0, held: 0, denied: 0, failed: 0 }
  for (const code of timeline.verdicts) {
    const name = verdictNames[code - 1]
    if (name) counts[name] += 1
  }
  return counts
}

/** How many rows each tool has, most used first. */
export function countTools(timeline: Timeline): { tool: string; count: number }[] {
  const counts = new Uint32Array(timeline.tools.length + 1)
  for (const code of timeline.toolCodes) counts[code] = (counts[code] ?? 0) + 1
  return timeline.tools.map((tool, at) => ({ tool, count: counts[at + 1] ?? 0 })).sort((a, b) => b.count - a.count)
}

export function countKinds(timeline: Timeline): { kind: RowKind; count: number }[] {
  const counts = new Uint32Array(kindNames.length)
  for (const code of timeline.kinds) counts[code] = (counts[code] ?? 0) + 1
  return kindNames.map((kind, at) => ({ kind, count: counts[at] ?? 0 })).filter(({ count }) => count > 0)
}
