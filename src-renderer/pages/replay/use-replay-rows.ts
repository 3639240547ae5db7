import { useEffect, useEffectEvent, useState } from 'react'
import type { ReplayRow } from '../../../src-protocol/desktop-library.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { desktop } from '../../api/desktop.ts'

/** asked for at once: what is on the screen, and as much before and behind it as a scroll wheel goes in a moment */
const portion = 200
/** kept; scrolling through a long session must not fill the memory */
const mostKept = 5_000

/** row numbers in the order in which they are shown; -1 where there is none */
type Rows = Uint32Array | Int32Array

interface Kept {
  rows: Map<number, ReplayRow>
  asked: Set<number>
}

/**
 * The texts of the rows that are drawn. `from` and `to` are the places in `shown` that are on the screen. A row that has not come yet is undefined: what the
 * timeline knows of it is drawn until then.
 */
export function useReplayRows(session: SessionId, shown: Rows, from: number, to: number): (row: number) => ReplayRow | undefined {
  const [kept] = useState<Kept>(() => ({ rows: new Map(), asked: new Set() }))
  const [, setArrived] = useState(0)

  const ask = useEffectEvent((rows: Rows, first: number, last: number) => {
    if (kept.rows.size > mostKept) {
      kept.rows.clear()
      kept.asked.clear()
    }
    // nothing to ask for as long as all that is drawn is there
    let missing = false
    for (let at = first; at < last; at += 1) missing ||= isMissing(rows[at] ?? -1, kept)
    if (!missing) return
    const around = Math.max(0, portion - (last - first)) >> 1
    const seqs = [...rows.subarray(Math.max(0, first - around), last + around)].filter((row) => isMissing(row, kept)).slice(0, 500)
    for (const seq of seqs) kept.asked.add(seq)
    void fetchRows(session, seqs, kept).then(() => setArrived((times) => times + 1))
  })
  useEffect(() => ask(shown, from, to), [shown, from, to])
  return (row) => kept.rows.get(row)
}

const isMissing = (row: number, { asked }: Kept): boolean => row >= 0 && !asked.has(row)

async function fetchRows(session: SessionId, seqs: number[], kept: Kept): Promise<void> {
  try {
    for (const row of await desktop.invoke('library:rows', { session, seqs })) kept.rows.set(row.seq, row)
  } catch {
    // asked again when they are drawn the next time; the message pane says what is wrong
    for (const seq of seqs) kept.asked.delete(seq)
  }
}
