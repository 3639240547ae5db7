import type { Verification, VerificationStep } from '../../../src-protocol/verification.ts'
import { lookalikeHash } from './random.ts'

const root = lookalikeHash('root of the session')

/** What verifying an untouched recording says; worded as the verifier words it. */
export function verifiedProof(records: number, seq?: number): Verification {
  return { verified: true, steps: stepsOf(records, seq) }
}

/** A record was changed together with its SHA-256: the root gives it away, and the log still holds. */
export function rootMismatch(records: number, seq?: number): Verification {
  const failed: VerificationStep = {
    id: 'session-root',
    outcome: 'failed',
    title: 'Session root',
    sentence: `These ${records} records do not give the root that the session was closed with.`,
    facts: [
      { label: 'computed', value: lookalikeHash('root of the altered session') },
      { label: 'logged', value: root },
    ],
    ms: 3.8,
  }
  return {
    verified: false,
    reason: 'root-mismatch',
    steps: stepsOf(records, seq).map((step) => (step.id === 'session-root' ? failed : step)),
  }
}

/** One body was changed, its SHA-256 was not: the record is named. */
export function bodyMismatch(records: number, seq: number): Verification {
  const steps = rootMismatch(records).steps.map((step): VerificationStep =>
    step.id === 'records'
      ? { ...step, outcome: 'failed', sentence: `The body of record ${seq} does not give the SHA-256 that stands beside it.` }
      : step,
  )
  return { verified: false, reason: 'body-hash-mismatch', seq, steps }
}

/** The gateway shows another history than the one this computer pinned. */
export function forkedLog(records: number): Verification {
  const steps = stepsOf(records).map((step): VerificationStep =>
    step.id === 'pinned'
      ? {
          ...step,
          outcome: 'failed',
          sentence: 'The checkpoint and the one that this computer has pinned are not of one log: history was rewritten.',
        }
      : step,
  )
  return { verified: false, reason: 'log-forked', steps }
}

/** Nothing was pinned yet: verified, with one step that could not be taken. */
export function verifiedWithoutPin(records: number, seq?: number): Verification {
  const steps = stepsOf(records, seq).map((step): VerificationStep =>
    step.id === 'pinned'
      ? { ...step, outcome: 'skipped', sentence: 'This computer has pinned no checkpoint of this log to compare with.', facts: [] }
      : step,
  )
  return { verified: true, steps }
}

function stepsOf(records: number, seq?: number): VerificationStep[] {
  return [
    {
      id: 'records',
      outcome: 'passed',
      title: seq === undefined ? 'Records' : `Record ${seq}`,
      sentence:
        seq === undefined
          ? `Every line is one well-formed record, numbered from 0 to ${records - 1}, and every body has its SHA-256.`
          : `The stored line is one well-formed record with number ${seq}. It hashes to this leaf.`,
      facts:
        seq === undefined
          ? [{ label: 'records', value: String(records) }]
          : [
              { label: 'leaf', value: lookalikeHash(`leaf ${seq}`) },
              { label: 'line', value: '1,204 bytes' },
            ],
      ms: 0.1,
    },
    {
      id: 'session-root',
      outcome: 'passed',
      title: 'Session root',
      sentence: `All ${records} records give the root that the session was closed with.`,
      facts: [
        { label: 'computed', value: root },
        { label: 'logged', value: root },
      ],
      ms: 3.8,
    },
    {
      id: 'log-entry',
      outcome: 'passed',
      title: 'Log entry 47,902',
      sentence: 'session.close is in the log: 16 hashes lead from the entry to the tree root.',
      facts: [
        { label: 'entry', value: lookalikeHash('entry') },
        { label: 'tree root', value: lookalikeHash('tree root') },
      ],
      ms: 0.4,
    },
    {
      id: 'checkpoint',
      outcome: 'passed',
      title: 'Checkpoint signature',
      sentence: 'The gateway signed the tree of size 48,211.',
      facts: [
        { label: 'origin', value: 'gate.acme.example/log' },
        { label: 'key', value: 'a7f311d0' },
      ],
      ms: 0.9,
    },
    {
      id: 'pinned',
      outcome: 'passed',
      title: 'Pinned checkpoint',
      sentence: 'It extends the checkpoint this computer pinned before: nothing was rewritten.',
      facts: [
        { label: 'pinned', value: 'size 48,140, 2026-11-21T16:52:11.031Z' },
        { label: 'consistency', value: '11 hashes' },
      ],
      ms: 0.3,
    },
  ]
}
