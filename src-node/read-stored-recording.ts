import type { VerdictCounts } from '../src-protocol/model.ts'
import type { CloseRecord, OpenRecord, SessionRecord } from '../src-protocol/recording.ts'
import { createFrontier, type MerkleFrontier } from '../src-core/log/merkle-frontier.ts'
import type { Hash } from '../src-core/log/merkle-hash.ts'
import { recordLeaf } from '../src-core/recording/record-leaf.ts'
import { parseRecordLine } from '../src-core/recording/record-lines.ts'
import { createVerdictCounter } from '../src-core/recording/verdict-counter.ts'

export interface StoredRecording {
  /** over the lines that are kept */
  frontier: MerkleFrontier
  open?: OpenRecord
  /** the last line, if it is one */
  close?: CloseRecord
  counts: VerdictCounts
  lastAt: string
  keptBytes: number
  tornBytes: number
}

/**
 * Reads back a file of our own after a crash. The end may be torn: half a line, or, after a power cut, blocks that were never filled. So everything
 * after the last line that is a record with the right number is dropped. A bad line with good ones after it is no torn write: it stays as it is, and
 * verification will point at it.
 */
export function readStoredRecording(bytes: Buffer): StoredRecording {
  const frontier = createFrontier()
  const counter = createVerdictCounter()
  let doubtful: Hash[] = []
  let open: OpenRecord | undefined
  let last: SessionRecord | undefined
  let keptBytes = 0
  let start = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    const line = bytes.subarray(start, end)
    start = end + 1
    doubtful.push(recordLeaf(line))
    const parsed = parseRecordLine(line)
    if (!parsed.ok || parsed.record.seq !== frontier.size + doubtful.length - 1) continue
    for (const leaf of doubtful) frontier.append(leaf)
    doubtful = []
    keptBytes = start
    last = parsed.record
    counter.add(last)
    if (last.kind === 'open') open ??= last
  }
  return {
    frontier,
    ...(open ? { open } : {}),
    ...(last?.kind === 'close' ? { close: last } : {}),
    counts: counter.counts(),
    lastAt: last?.at ?? '',
    keptBytes,
    tornBytes: bytes.length - keptBytes,
  }
}
