import { Command } from 'commander'
import type { Verification, VerificationStep } from '../../src-protocol/verification.ts'
import { maximumRecordingBytes } from '../../src-core/recording/record-lines.ts'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { isCompressed } from '../../src-node/recording-paths.ts'
import { unpackRecording } from '../../src-node/unpack-recording.ts'
import { readLimited } from './read-limited.ts'
import { readRotations } from './read-rotations.ts'
import { readKeyText } from './read-verifier-key.ts'

export interface VerifyOptions {
  file: string
  /** a verifier key, or a file that holds one */
  key: string
  /** default: the recording's name with `.tlog-proof` in the place of `.jsonl` or `.jsonl.zst` */
  proof?: string
  /** file with the proofs of the log entries that replaced its key (trust/rotations.json of a pack) */
  rotations?: string
  /** keys of witnesses that must have cosigned */
  witness?: readonly string[]
  json?: boolean
  stdout?: NodeJS.WritableStream
}

/** A proof is a few kilobytes; what is larger is none. */
const maximumProofBytes = 1024 * 1024

/** of a zip, as an evidence pack is */
const zipStart = Buffer.from('PK\u0003\u0004')

/**
 * Checks a recording on this computer alone. Resolves with the exit code: 0 verified, 1 not verified.
 * @throws AppError FILE_UNREADABLE, KEY_INVALID, RECORDING_INVALID, RECORDING_UNAVAILABLE, PROOF_FILE_INVALID, PACK_NOT_RECORDING: nothing could be checked
 */
export async function runVerify(options: VerifyOptions): Promise<number> {
  const { file, stdout = process.stdout } = options
  const stored = await readLimited(file, maximumRecordingBytes, 'RECORDING_INVALID')
  if (stored.subarray(0, zipStart.length).equals(zipStart)) throw new AppError('PACK_NOT_RECORDING', { file })
  const recording = isCompressed(file) ? await unpackRecording(stored) : stored
  const proof = await readLimited(options.proof ?? proofPathOf(file), maximumProofBytes, 'PROOF_FILE_INVALID')
  const { text: key } = await readKeyText(options.key)
  const rotations = options.rotations === undefined ? [] : await readRotations(options.rotations)
  const verification = verifyRecording({
    recording,
    proof: proof.toString(),
    key,
    rotations,
    witnesses: options.witness ?? [],
    elapsed: () => performance.now(),
  })
  stdout.write(options.json ? `${JSON.stringify(verification)}\n` : report(file, verification))
  return verification.verified ? 0 : 1
}

const proofPathOf = (file: string): string => `${file.replace(/\.jsonl(?:\.zst)?$/, '')}.tlog-proof`

function report(file: string, verification: Verification): string {
  const failed = verification.steps.find(({ outcome }) => outcome === 'failed')
  if (failed) return `not verified: ${verification.reason ?? failed.id} (${placeOf(failed, verification.seq)}): ${failed.sentence}\n`
  return `verified: ${file}\n${verification.steps.map(stepLine).join('')}`
}

const placeOf = (step: VerificationStep, seq: number | undefined): string => (seq === undefined ? step.id : `${step.id}, record ${seq}`)

const stepLine = ({ outcome, title, sentence }: VerificationStep): string => `  ${outcome.padEnd(7)} ${title}: ${sentence}\n`

/** `gatehouse verify FILE --key KEY` */
export function verifyCommand(finish: (exitCode: number) => void): Command {
  return new Command('verify')
    .summary('check a recording on this computer, without network')
    .description(
      'Checks that a recording is complete, unaltered and in the log of the gateway whose key you give. Needs the recording, its proof and the key, and nothing else. An evidence pack is checked by its own verify/verify.mjs.',
    )
    .argument('<file>', 'recording (.jsonl, or .jsonl.zst as a gateway stores it)')
    .requiredOption('--key <key>', 'verifier key of the log (name+id+base64), or a file that holds it')
    .option('--proof <file>', 'proof of the recording (default: the same name with .tlog-proof)')
    .option('--rotations <file>', 'proofs of the log entries that replaced its key since, if it was replaced (rotations.json)')
    .option('--witness <key...>', 'verifier keys of witnesses that must have cosigned the log')
    .option('--json', 'print the whole verification as JSON')
    .addHelpText('after', '\nExit code: 0 verified, 1 not verified, 2 nothing could be checked.')
    .action(async (file: string, options: { key: string; proof?: string; rotations?: string; witness?: string[]; json?: boolean }) =>
      finish(await runVerify({ file, ...options })),
    )
}
