import type { Verification, VerificationReason, VerificationStep } from '../../../src-protocol/verification.ts'

/** What went wrong, by what a person should do about it. */
type FailureFamily = 'copy-altered' | 'store-altered' | 'incomplete' | 'wrong-proof' | 'wrong-key' | 'log-rewritten'

const familyOf: Record<VerificationReason, FailureFamily> = {
  'record-malformed': 'copy-altered',
  'record-sequence': 'copy-altered',
  'record-missing': 'copy-altered',
  'body-hash-mismatch': 'copy-altered',
  'root-mismatch': 'copy-altered',
  'count-mismatch': 'copy-altered',
  'not-sealed': 'incomplete',
  'recording-altered': 'store-altered',
  'session-mismatch': 'wrong-proof',
  'proof-malformed': 'wrong-proof',
  'entry-malformed': 'wrong-proof',
  'inclusion-mismatch': 'wrong-proof',
  'signature-invalid': 'wrong-key',
  'key-mismatch': 'wrong-key',
  'witness-missing': 'wrong-key',
  'checkpoint-rolled-back': 'log-rewritten',
  'log-forked': 'log-rewritten',
}

interface FailureWording {
  headline: string
  /** what it means for whoever wants to use this copy */
  meaning: string
  /** what to do, in order */
  next: readonly string[]
}

const altered: FailureWording = {
  headline: 'Not verified: this recording was changed after it was sealed',
  meaning: 'Do not use this copy as evidence.',
  next: [
    'Export this copy first: it is evidence.',
    'Download the recording again and check the fresh copy.',
    'If that fails too, the gateway’s store was changed: report it.',
  ],
}

const wordings: Record<FailureFamily, FailureWording> = {
  'copy-altered': altered,
  'store-altered': {
    headline: 'Not verified: this recording was changed while its session ran',
    meaning: 'The gateway found it so when it was started again, and sealed it as it was.',
    next: [
      'Keep this recording: what is left of it is evidence.',
      'Report it to the gateway’s owners: somebody wrote to its recordings folder.',
    ],
  },
  incomplete: {
    headline: 'Not verified: the end of this recording is missing',
    meaning: 'The session still runs, or the file was cut off.',
    next: ['Wait until the session has ended, then download it again.', 'If it ended long ago, the file was cut: report it.'],
  },
  'wrong-proof': {
    headline: 'Not verified: this proof does not prove this recording',
    meaning: 'The records may be genuine, but nothing here shows it.',
    next: [
      'Download recording and proof again: both come together.',
      'If it still fails, ask the gateway’s owners for the proof of this session.',
    ],
  },
  'wrong-key': {
    headline: 'Not verified: the checkpoint is not signed by the key you trust',
    meaning: 'The records agree with the log shown, but nobody you trust vouches for that log.',
    next: [
      'Compare the key with the gateway’s owners, by another way than the files came.',
      'If the key is right, the checkpoint was forged: report it.',
    ],
  },
  'log-rewritten': {
    headline: 'Not verified: the gateway’s log was rewritten',
    meaning: 'It does not extend what this computer saw before. Nothing from this gateway is proven until that is explained.',
    next: [
      'Keep this computer’s library: its pinned checkpoint is the evidence.',
      'Report it to the gateway’s owners and to whoever oversees them.',
      'Compare with other computers that pinned a checkpoint of this log.',
    ],
  },
}

export interface Outcome {
  verified: boolean
  headline: string
  sentence: string
  held: number
  next: readonly string[]
  family: FailureFamily | undefined
}

/** The headline of a verification, and what it means. */
export function describeOutcome(verification: Verification, seq: number | undefined): Outcome {
  const held = verification.steps.filter((step) => step.outcome === 'passed').length
  if (verification.verified) {
    return { verified: true, headline: 'Verified', sentence: verifiedSentence(verification.steps, seq), held, next: [], family: undefined }
  }
  const family = familyOf[verification.reason ?? 'record-malformed']
  const { headline, meaning, next } = wordings[family]
  const logHolds = family === 'copy-altered' && passed(verification.steps, 'log-entry') && passed(verification.steps, 'checkpoint')
  return { verified: false, headline, sentence: `${logHolds ? 'The log itself is intact. ' : ''}${meaning}`, held, next, family }
}

function verifiedSentence(steps: readonly VerificationStep[], seq: number | undefined): string {
  const what =
    seq === undefined
      ? 'The recording is unaltered and complete, and it is in the log.'
      : `Record ${seq} is unaltered, its session is complete, and both are in the log.`
  return passed(steps, 'pinned') ? what : `${what} Whether the log was rewritten since could not be checked.`
}

/** What a failed verification leaves standing. */
export function stillHolds({ steps }: Verification): string[] {
  const holds: string[] = []
  if (passed(steps, 'records')) holds.push('Every record is well formed.')
  if (passed(steps, 'session-root')) holds.push('The records are those that the session was closed with.')
  if (passed(steps, 'log-entry')) holds.push('The session’s end is in the log.')
  if (passed(steps, 'checkpoint'))
    holds.push(passed(steps, 'pinned') ? 'The log is signed and was not rewritten.' : 'The log’s checkpoint is signed.')
  return holds
}

/** What a verified recording proves; only what was checked. */
export function proves({ steps }: Verification): string[] {
  return [
    'These bytes are what the gateway recorded.',
    'No record was added, removed or moved.',
    ...(passed(steps, 'pinned') ? ['The log has not been rewritten since this computer first saw it.'] : []),
  ]
}

export const cannotProve: readonly string[] = [
  'That no traffic went around the gateway.',
  'That the gateway’s key holder forked what nobody has seen.',
]

/** The word for a step's outcome, as its badge says it. */
export function outcomeWord({ id, outcome }: VerificationStep): string {
  if (outcome === 'skipped') return 'Not checked'
  if (id === 'records') return outcome === 'passed' ? 'Well formed' : 'Altered'
  return outcome === 'passed' ? 'Matches' : 'Does not match'
}

/** File name of a log's key, as an export writes it. */
export function keyFileName(origin: string): string {
  const name = origin
    .replace(/[^A-Za-z0-9.-]/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 100)
  return `${name || 'log'}.pub`
}

/** What anyone runs to repeat the check without this application. */
export function verifyCommand(session: string, origin: string): string {
  return `gatehouse verify \\\n  ${session}.jsonl \\\n  --key ${keyFileName(origin)}`
}

/** A text for those who run the gateway: what was found, to be compared word by word. */
export function reportText(verification: Verification, session: string): string {
  const steps = verification.steps.map(({ outcome, title, sentence, facts }) =>
    [`${outcome.padEnd(7)}  ${title}: ${sentence}`, ...facts.map(({ label, value }) => `         ${label}: ${value}`)].join('\n'),
  )
  return [
    `Gatehouse could not verify the recording of session ${session}.`,
    `Reason: ${verification.reason ?? 'none given'}`,
    '',
    ...steps,
    '',
  ].join('\n')
}

export function originOf({ steps }: Verification): string | undefined {
  return steps.find((step) => step.id === 'checkpoint')?.facts.find((fact) => fact.label === 'origin')?.value
}

function passed(steps: readonly VerificationStep[], id: VerificationStep['id']): boolean {
  return steps.some((step) => step.id === id && step.outcome === 'passed')
}
