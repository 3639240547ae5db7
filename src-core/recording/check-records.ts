import { hash } from 'node:crypto'
import type { CloseRecord, OpenRecord, SessionRecord } from '../../src-protocol/recording.ts'
import type { VerificationReason } from '../../src-protocol/verification.ts'
import { createFrontier } from '../log/merkle-frontier.ts'
import type { Hash } from '../log/merkle-hash.ts'
import { recordLeaf } from './record-leaf.ts'
import { parseRecordLine, splitRecordingLines } from './record-lines.ts'
import { counted, numberText } from './verification-steps.ts'

/** What a recording says by itself, without its proof. */
export interface CheckedRecords {
  lines: number
  /** root over the leaves of all lines, the close record's included; undefined if the file cannot be cut into lines */
  root?: Hash
  open?: OpenRecord
  close?: CloseRecord
  /** the record that was asked for */
  chosen?: { leaf: Hash; bytes: number }
  failure?: { reason: VerificationReason; seq?: number; sentence: string }
}

/**
 * Reads every line: parses it, holds its number against its place, its body against length and SHA-256. It goes on after a failure,
 * because the root over the bytes as they are is what the next step compares.
 */
export function checkRecords(recording: Uint8Array, seq?: number): CheckedRecords {
  const split = splitRecordingLines(recording)
  if (!split.ok) {
    const sentence = `Line ${numberText(split.line)} does not belong to a recording: ${split.problem}.`
    return { lines: 0, failure: { reason: 'record-malformed', sentence } }
  }
  const checked: CheckedRecords = { lines: split.lines.length }
  const frontier = createFrontier()
  const last = split.lines.length - 1
  for (const [place, line] of split.lines.entries()) {
    const leaf = recordLeaf(line)
    frontier.append(leaf)
    if (place === seq) checked.chosen = { leaf, bytes: line.length }
    const parsed = parseRecordLine(line)
    if (!parsed.ok) {
      const sentence = `Line ${numberText(place + 1)} is not a well-formed record: ${parsed.problem}.`
      checked.failure ??= { reason: 'record-malformed', seq: place, sentence }
      continue
    }
    const { record } = parsed
    if (record.kind === 'open') checked.open ??= record
    if (record.kind === 'close') checked.close = record
    checked.failure ??= misplaced(record, place, last) ?? foreignBody(record)
  }
  checked.root = frontier.root()
  // it explains whatever else does not fit
  checked.failure = knownAsAltered(checked) ?? checked.failure
  checked.failure ??= unfinished(checked) ?? absent(checked, seq)
  return checked
}

function misplaced(record: SessionRecord, place: number, last: number): CheckedRecords['failure'] {
  const { seq, kind } = record
  if (seq > place) {
    const before = place === 0 ? 'The file begins' : `After record ${numberText(place - 1)} the file goes on`
    const sentence = `${before} with record ${numberText(seq)}: record ${numberText(place)} is missing.`
    return { reason: 'record-missing', seq: place, sentence }
  }
  if (seq < place) {
    return {
      reason: 'record-sequence',
      seq: place,
      sentence: `Record ${numberText(seq)} stands in the place of record ${numberText(place)}.`,
    }
  }
  if (place === 0 && kind !== 'open') {
    return { reason: 'record-missing', seq: 0, sentence: 'The first record is not the one that opens a session.' }
  }
  if (place > 0 && kind === 'open') {
    return { reason: 'record-sequence', seq: place, sentence: `Record ${numberText(seq)} opens a session for the second time.` }
  }
  if (place < last && kind === 'close') {
    return { reason: 'record-sequence', seq: place, sentence: `Record ${numberText(seq)} closes the session, but records follow it.` }
  }
  if (record.kind === 'resume' && record.records !== place) {
    const sentence = `The gateway restarted with ${counted(record.records, 'record')}, and ${numberText(place)} stand before it.`
    return { reason: 'record-sequence', seq: place, sentence }
  }
  return undefined
}

function foreignBody(record: SessionRecord): CheckedRecords['failure'] {
  if (!('body' in record)) return undefined
  const { seq } = record
  if (Buffer.byteLength(record.body) !== record.bytes) {
    return {
      reason: 'body-hash-mismatch',
      seq,
      sentence: `The body of record ${numberText(seq)} has not the length that stands beside it.`,
    }
  }
  if (hash('sha256', record.body) !== record.sha256) {
    return {
      reason: 'body-hash-mismatch',
      seq,
      sentence: `The body of record ${numberText(seq)} does not give the SHA-256 that stands beside it.`,
    }
  }
  return undefined
}

/** What the gateway itself found, and sealed as it was. */
function knownAsAltered({ close }: CheckedRecords): CheckedRecords['failure'] {
  if (close?.endReason !== 'recording-altered') return undefined
  const { intact, logged, found } = close.altered ?? { intact: 0, logged: 0, found: close.seq }
  const problem =
    found < logged
      ? `${counted(found, 'record')} of the ${numberText(logged)} that it had logged`
      : `${counted(found, 'record')} that do not give the root that it had logged`
  const place = intact === 0 ? '' : ` The first ${numberText(intact)} are as they were: what was changed comes after them.`
  const sentence = `When the gateway was started again, it found ${problem}.${place}`
  return { reason: 'recording-altered', seq: intact, sentence }
}

function unfinished({ open, close, lines }: CheckedRecords): CheckedRecords['failure'] {
  if (!close) {
    return {
      reason: 'not-sealed',
      sentence: `The last of ${counted(lines, 'record')} does not close the session: the end is missing, or it still runs.`,
    }
  }
  if (open && open.session !== close.session) {
    return {
      reason: 'session-mismatch',
      seq: close.seq,
      sentence: 'The record that closes the session names another session than the one that opens it.',
    }
  }
  return undefined
}

function absent({ lines }: CheckedRecords, seq: number | undefined): CheckedRecords['failure'] {
  if (seq === undefined || (Number.isInteger(seq) && seq >= 0 && seq < lines)) return undefined
  return {
    reason: 'record-missing',
    seq,
    sentence: `There is no record ${numberText(seq)}: the recording has ${counted(lines, 'record')}.`,
  }
}
