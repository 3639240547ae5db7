import type { MissedRecords } from '../../../src-protocol/watch.ts'

const many = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'record' : 'records'}`

/** What was not shown, and why: it is all in the recording. */
export function missedText(missed: readonly MissedRecords[]): string {
  const counts = { behind: 0, large: 0 }
  for (const { from, to, why } of missed) counts[why] += to - from + 1
  const parts = [
    ...(counts.behind > 0 ? [`${many(counts.behind)} passed before they could be shown`] : []),
    ...(counts.large > 0 ? [`${many(counts.large)} too large to be shown live`] : []),
  ]
  return parts.length === 0 ? '' : `${parts.join(', ')}. The recording has all of them.`
}
