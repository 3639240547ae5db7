import type { VerdictCounts } from '../src-protocol/model.ts'
import type { CloseRecord, OpenRecord, SessionRecord } from '../src-protocol/recording.ts'
import { createFrontier, type MerkleFrontier } from '../src-core/log/merkle-frontier.ts'
import { hexOf, type Hash } from '../src-core/log/merkle-hash.ts'
import { recordLeaf } from '../src-core/recording/record-leaf.ts'
import { parseRecordLine } from '../src-core/recording/record-lines.ts'
import { createVerdictCounter, type VerdictCounter } from '../src-core/recording/verdict-counter.ts'
import type { RecordedSoFar } from './recording-writer.ts'

export interface StoredRecording {
  /** over the lines that are kept */
  frontier: MerkleFrontier
  open?: OpenRecord
  /** the last line, if it is one */
  close?: CloseRecord
  counts: VerdictCounts
  /** where the counts come from, to go on with */
  verdicts: VerdictCounter
  lastAt: string
  keptBytes: number
  /** of a line that was being written */
  tornBytes: number
  /** zeros at the end: room that was reserved for lines to come */
  reservedBytes: number
  /** it is not the recording of which the log knows: all whole lines are kept, however they fit */
  altered?: NonNullable<CloseRecord['altered']>
}

export interface StoredRecordingExpected {
  /** of this recording, as the log knows them: from the first to the newest */
  checkpoints?: readonly RecordedSoFar[]
  onRecord?: (record: SessionRecord) => void
}

/**
 * Reads back a file of our own after a crash. The end may be torn: half a line, or, after a power cut, blocks that were never filled. So everything
 * after the last line that is a record with the right number is dropped. A bad line with good ones after it is no torn write: it stays as it is, and
 * verification will point at it. What was in the log before the crash cannot be torn: if it is missing or differs, somebody changed the file.
 */
export function readStoredRecording(bytes: Buffer, expected: StoredRecordingExpected = {}): StoredRecording {
  const { checkpoints = [], onRecord } = expected
  const frontier = createFrontier()
  const verdicts = createVerdictCounter()
  const reproduced = createCheckpointTest(checkpoints)
  let doubtful: Hash[] = []
  let open: OpenRecord | undefined
  let last: SessionRecord | undefined
  let keptBytes = 0
  let start = 0
  const keep = (leaf: Hash) => {
    frontier.append(leaf)
    reproduced.look(frontier)
  }
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    const line = bytes.subarray(start, end)
    start = end + 1
    doubtful.push(recordLeaf(line))
    const parsed = parseRecordLine(line)
    if (!parsed.ok || parsed.record.seq !== frontier.size + doubtful.length - 1) continue
    for (const leaf of doubtful) keep(leaf)
    doubtful = []
    keptBytes = start
    last = parsed.record
    verdicts.add(last)
    onRecord?.(last)
    if (last.kind === 'open') open ??= last
  }
  const altered = reproduced.altered(frontier.size)
  if (altered) {
    for (const leaf of doubtful) frontier.append(leaf)
    keptBytes = start
    altered.found = frontier.size
  }
  const written = endOfWritten(bytes, keptBytes)
  const closed = last?.kind === 'close' && (doubtful.length === 0 || !altered)
  return {
    frontier,
    ...(open ? { open } : {}),
    ...(closed ? { close: last as CloseRecord } : {}),
    counts: verdicts.counts(),
    verdicts,
    lastAt: last?.at ?? '',
    keptBytes,
    tornBytes: written - keptBytes,
    reservedBytes: bytes.length - written,
    ...(altered && { altered }),
  }
}

function endOfWritten(bytes: Buffer, keptBytes: number): number {
  let end = bytes.length
  while (end > keptBytes && bytes[end - 1] === 0) end -= 1
  return end
}

/** Whether the lines give the roots that the log knows, told while the tree grows. */
function createCheckpointTest(checkpoints: readonly RecordedSoFar[]) {
  const roots = new Map(checkpoints.map(({ count, root }) => [count, root]))
  const logged = Math.max(0, ...roots.keys())
  let intact = 0
  let failed = false
  return {
    look(frontier: MerkleFrontier): void {
      const root = failed ? undefined : roots.get(frontier.size)
      if (root === undefined) return
      if (hexOf(frontier.root()) === root) intact = frontier.size
      else failed = true
    },
    altered: (found: number): StoredRecording['altered'] => (intact === logged ? undefined : { intact, logged, found }),
  }
}
