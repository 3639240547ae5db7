import { logEntry, type LogEntry } from '../../src-protocol/log-entry.ts'
import type { Verification } from '../../src-protocol/verification.ts'
import { parseBase64 } from '../log/base64.ts'
import { readClaimedCheckpoint, type Checkpoint } from '../log/checkpoint.ts'
import { openCosignatures, parseWitnessKey } from '../log/cosignature.ts'
import { followKeyProofs, openCheckpointBy } from '../log/key-history.ts'
import { equalBytes, hexOf, isHash, leafHash, type Hash } from '../log/merkle-hash.ts'
import { verifyConsistency, verifyInclusion } from '../log/merkle-proof.ts'
import { parseVerifierKey, type VerifierKey } from '../log/signed-note.ts'
import { parseTlogProof, type ParsedTlogProof, type TlogProof } from '../log/tlog-proof.ts'
import { checkRecords, type CheckedRecords } from './check-records.ts'
import { counted, createStepList, numberText, printable, type StepResult } from './verification-steps.ts'

export interface VerificationInput {
  /** the file, byte for byte */
  recording: Uint8Array
  /** its `.tlog-proof` */
  proof: string
  /** verifier key of the log: `name+id+base64` */
  key: string
  /** proofs (`tlog-proof`) of the entries that replaced the log's key, which lead from this key to the one that signed */
  rotations?: readonly string[]
  /** verifier keys of witnesses that must have cosigned the checkpoint */
  witnesses?: readonly string[]
  /** a checkpoint that this computer trusts already; root in base64 */
  pinned?: { size: number; root: string; seenAt?: string }
  /** hashes (base64) between the pinned checkpoint and the proof's, from the smaller to the larger */
  consistency?: readonly string[]
  /** the record that the reader asks about; all records are checked either way */
  seq?: number
  /** milliseconds that only ever grow, for the duration of each step */
  elapsed?: () => number
}

type SessionClose = Extract<LogEntry, { kind: 'session.close' }>

/**
 * Whether a recording is complete, unaltered and in the log, in five steps that need nothing but the arguments. Each step is
 * carried out as far as what it compares is there, so that the reader sees what still holds. Never throws.
 */
export function verifyRecording(input: VerificationInput): Verification {
  const steps = createStepList(input.elapsed ?? (() => 0))
  const parsed = parseTlogProof(input.proof)
  const proof = parsed.ok ? parsed.proof : undefined
  const entry = proof && parseSessionClose(proof.entry)
  const claimed = proof && readClaimedCheckpoint(proof.checkpoint)
  let records: CheckedRecords = { lines: 0 }

  steps.run('records', () => {
    records = checkRecords(input.recording, input.seq)
    return recordsStep(records, input.seq)
  })
  steps.run('session-root', () => sessionRootStep(records, entry))
  steps.run('log-entry', () => logEntryStep(records, parsed, entry, claimed))
  let signed: Checkpoint | undefined
  steps.run('checkpoint', () => {
    const { step, checkpoint } = checkpointStep(records, proof, input)
    signed = checkpoint
    return step
  })
  steps.run('pinned', () => pinnedStep(signed, input))
  return steps.result()
}

function recordsStep(records: CheckedRecords, seq: number | undefined): StepResult {
  const title = seq === undefined ? 'Records' : `Record ${numberText(seq)}`
  const facts = records.chosen
    ? [
        { label: 'leaf', value: hexOf(records.chosen.leaf) },
        { label: 'line', value: counted(records.chosen.bytes, 'byte') },
      ]
    : [{ label: 'records', value: numberText(records.lines) }]
  if (records.failure) return { outcome: 'failed', title, facts, ...records.failure }
  const sentence =
    seq === undefined
      ? `Every line is one well-formed record, numbered from 0 to ${numberText(records.lines - 1)}, and every body has its SHA-256.`
      : `The stored line is one well-formed record with number ${numberText(seq)}. It hashes to this leaf.`
  return { outcome: 'passed', title, sentence, facts }
}

function sessionRootStep(records: CheckedRecords, entry: SessionClose | undefined): StepResult {
  const title = 'Session root'
  if (!records.root) return { outcome: 'skipped', title, sentence: 'There are no records whose root could be computed.' }
  const computed = { label: 'computed', value: hexOf(records.root) }
  if (!entry) return { outcome: 'skipped', title, sentence: 'The proof holds no logged root to compare with.', facts: [computed] }
  const facts = [computed, { label: 'logged', value: entry.root }]
  if (records.lines !== entry.count) {
    const sentence = `The session was closed with ${counted(entry.count, 'record')}; this file has ${numberText(records.lines)}.`
    return { outcome: 'failed', reason: 'count-mismatch', title, sentence, facts }
  }
  if (computed.value !== entry.root) {
    const sentence = `These ${counted(records.lines, 'record')} do not give the root that the session was closed with.`
    return { outcome: 'failed', reason: 'root-mismatch', title, sentence, facts }
  }
  return {
    outcome: 'passed',
    title,
    sentence: `All ${counted(records.lines, 'record')} give the root that the session was closed with.`,
    facts,
  }
}

function logEntryStep(
  records: CheckedRecords,
  parsed: ParsedTlogProof,
  entry: SessionClose | undefined,
  claimed: Checkpoint | undefined,
): StepResult {
  if (!parsed.ok) {
    return {
      outcome: 'failed',
      reason: 'proof-malformed',
      title: 'Log entry',
      sentence: `The proof is not well formed: ${parsed.problem}.`,
    }
  }
  const { proof } = parsed
  const title = `Log entry ${numberText(proof.index)}`
  const leaf = leafHash(proof.entry)
  const facts = [{ label: 'entry', value: hexOf(leaf) }]
  if (!entry) {
    return { outcome: 'failed', reason: 'entry-malformed', title, facts, sentence: 'The entry in the proof does not close a session.' }
  }
  if (!claimed) {
    return {
      outcome: 'failed',
      reason: 'proof-malformed',
      title,
      facts,
      sentence: 'The proof holds no checkpoint that the entry could be in.',
    }
  }
  facts.push({ label: 'tree root', value: hexOf(claimed.root) })
  const session = records.open?.session ?? records.close?.session
  if (session && session !== entry.session) {
    const sentence = `The proof belongs to session ${entry.session}, the recording to ${session}.`
    return { outcome: 'failed', reason: 'session-mismatch', title, sentence, facts }
  }
  if (entry.endReason === 'recording-altered' && records.close?.endReason !== entry.endReason) {
    const sentence = 'When the gateway was started again, it was not the recording whose roots had been logged. The log says so.'
    return { outcome: 'failed', reason: 'recording-altered', title, sentence, facts }
  }
  if (records.close && records.close.endReason !== entry.endReason) {
    const sentence = `The log says that the session ended with ${entry.endReason}, the recording says ${records.close.endReason}.`
    return { outcome: 'failed', reason: 'session-mismatch', title, sentence, facts }
  }
  if (!verifyInclusion({ leaf, index: proof.index, size: claimed.size, root: claimed.root, path: proof.hashes })) {
    const sentence = `The proof's ${hashCount(proof.hashes.length)} do not lead from the entry to the tree root.`
    return { outcome: 'failed', reason: 'inclusion-mismatch', title, sentence, facts }
  }
  return { outcome: 'passed', title, sentence: inclusionSentence(proof.hashes.length), facts }
}

function checkpointStep(
  records: CheckedRecords,
  proof: TlogProof | undefined,
  { key: keyText, rotations = [], witnesses = [] }: Pick<VerificationInput, 'key' | 'rotations' | 'witnesses'>,
): { step: StepResult; checkpoint?: Checkpoint } {
  const title = 'Checkpoint signature'
  const key = parseVerifierKey(keyText)
  if (!key.ok) {
    return { step: { outcome: 'failed', reason: 'key-mismatch', title, sentence: `The verifier key is not well formed: ${key.problem}.` } }
  }
  const keyFact = { label: 'key', value: idOf(key.key) }
  if (!proof) return { step: { outcome: 'skipped', title, sentence: 'The proof holds no checkpoint to check.', facts: [keyFact] } }
  const keys = followKeyProofs(key.key, rotations)
  if (!keys.ok) {
    const sentence = `The log’s key is said to be replaced by entry ${numberText(keys.index)}, which is not to be believed: ${keys.problem}.`
    return { step: { outcome: 'failed', reason: 'key-mismatch', title, sentence, facts: [keyFact] } }
  }
  const opened = openCheckpointBy(proof.checkpoint, keys.history)
  if (!opened.ok) {
    const { reason, sentence } = checkpointFailures[opened.reason]
    return { step: { outcome: 'failed', reason, title, sentence, facts: [keyFact] } }
  }
  const { checkpoint, signatures } = opened
  const facts = [{ label: 'origin', value: printable(checkpoint.origin) }, keyFact]
  if (records.open && records.open.logOrigin !== checkpoint.origin) {
    const sentence = `The recording belongs to the log ${printable(records.open.logOrigin)}, the checkpoint to another one.`
    return { step: { outcome: 'failed', reason: 'key-mismatch', title, sentence, facts } }
  }
  const signer = idOf(keys.history.keyAt(checkpoint.size))
  if (signer !== keyFact.value) facts.push({ label: 'signed by', value: `${signer}, which the log’s own entries lead to from that key` })
  const cosigned = countWitnesses(proof.checkpoint, witnesses)
  if (witnesses.length > 0) facts.push({ label: 'witnesses', value: cosigned.found.join(', ') || 'none' })
  if (cosigned.missing.length > 0) {
    const sentence = `The gateway signed it, but not every witness that was asked for: ${cosigned.missing.join(', ')}.`
    return { step: { outcome: 'failed', reason: 'witness-missing', title, sentence, facts } }
  }
  if (signatures > 1 && witnesses.length === 0) facts.push({ label: 'further signatures', value: `${signatures - 1}, not checked` })
  return {
    step: { outcome: 'passed', title, sentence: `The gateway signed the tree of size ${numberText(checkpoint.size)}.`, facts },
    checkpoint,
  }
}

/** Of the known witnesses: who cosigned, with the time, and who did not. */
function countWitnesses(note: string, keys: readonly string[]): { found: string[]; missing: string[] } {
  const found: string[] = []
  const missing: string[] = []
  for (const text of keys) {
    const key = parseWitnessKey(text)
    const [cosignature] = key.ok ? openCosignatures(note, [key.key]) : []
    if (cosignature) found.push(`${printable(cosignature.witness)} at ${cosignature.at.toISOString()}`)
    else missing.push(key.ok ? printable(key.key.name) : 'a key that is none')
  }
  return { found, missing }
}

const idOf = ({ id }: VerifierKey): string => hexOf(id)

const checkpointFailures = {
  malformed: { reason: 'proof-malformed', sentence: 'The checkpoint in the proof is not well formed.' },
  'unknown-key': { reason: 'key-mismatch', sentence: 'The checkpoint carries no signature by this key.' },
  'signature-invalid': { reason: 'signature-invalid', sentence: 'The signature under the checkpoint is not by this key over this text.' },
  'origin-mismatch': { reason: 'key-mismatch', sentence: 'The checkpoint is about another log than the one the key belongs to.' },
} as const

function pinnedStep(signed: Checkpoint | undefined, { pinned, consistency }: VerificationInput): StepResult {
  const title = 'Pinned checkpoint'
  if (!pinned) return { outcome: 'skipped', title, sentence: 'This computer has pinned no checkpoint of this log to compare with.' }
  const facts = [{ label: 'pinned', value: ['size ' + numberText(pinned.size), pinned.seenAt].filter(Boolean).join(', ') }]
  if (!signed)
    return { outcome: 'skipped', title, sentence: 'There is no checkpoint with a valid signature to compare with the pinned one.', facts }
  const root = parseBase64(pinned.root)
  if (!root || !isHash(root)) return { outcome: 'skipped', title, sentence: 'The pinned checkpoint cannot be read.', facts }
  if (pinned.size === signed.size) {
    return equalBytes(root, signed.root)
      ? { outcome: 'passed', title, sentence: 'It is the checkpoint that this computer has pinned.', facts }
      : {
          outcome: 'failed',
          reason: 'log-forked',
          title,
          facts,
          sentence: 'The log shows two different trees of the same size: it has been forked.',
        }
  }
  if (!consistency) {
    return {
      outcome: 'skipped',
      title,
      facts,
      sentence: 'No consistency proof to the pinned checkpoint is at hand; it takes the gateway to get one.',
    }
  }
  facts.push({ label: 'consistency', value: hashCount(consistency.length) })
  const path = parseHashes(consistency)
  const pin = { size: pinned.size, root }
  const older = pin.size < signed.size
  if (!path || !verifyConsistency(older ? pin : signed, older ? signed : pin, path)) {
    const sentence = 'The checkpoint and the one that this computer has pinned are not of one log: history was rewritten.'
    return { outcome: 'failed', reason: 'log-forked', title, sentence, facts }
  }
  const sentence = older
    ? 'It extends the checkpoint this computer pinned before: nothing was rewritten.'
    : 'The checkpoint this computer has pinned extends it: nothing was rewritten.'
  return { outcome: 'passed', title, sentence, facts }
}

function inclusionSentence(hashes: number): string {
  if (hashes === 0) return 'session.close is in the log: it is the only entry, and its hash is the tree root.'
  return `session.close is in the log: ${hashCount(hashes)} ${hashes === 1 ? 'leads' : 'lead'} from the entry to the tree root.`
}

const hashCount = (count: number): string => `${numberText(count)} ${count === 1 ? 'hash' : 'hashes'}`

function parseSessionClose(bytes: Uint8Array): SessionClose | undefined {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return undefined
  }
  const parsed = logEntry.safeParse(value)
  return parsed.success && parsed.data.kind === 'session.close' ? parsed.data : undefined
}

/** Hashes in base64, as proofs and the HTTP API carry them. */
export function parseHashes(texts: readonly string[]): Hash[] | undefined {
  const hashes: Hash[] = []
  for (const text of texts) {
    const hash = parseBase64(text)
    if (!hash || !isHash(hash)) return undefined
    hashes.push(hash)
  }
  return hashes
}
