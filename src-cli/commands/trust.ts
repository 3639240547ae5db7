import { createPrivateKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { openTrust, signTrust } from '../../src-core/approval/trust-note.ts'
import { trustedRules, type TrustedRules } from '../../src-core/approval/trusted-rules.ts'
import { formatVerifierKey, verifierKeyOf } from '../../src-core/log/signed-note.ts'
import { loadPolicy } from '../../src-core/policy/load-policy.ts'
import { readConfigFile } from '../../src-node/config-file.ts'
import { problemOf } from '../../src-node/durable-file.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { approvalTrust, reviewerList, type ApprovalTrust } from '../../src-protocol/approval-proof.ts'
import { readLimited } from './read-limited.ts'
import { readVerifierKey } from './read-verifier-key.ts'

const largestFile = 4 * 1024 * 1024
/** a signed note holds no more (C2SP signed-note, as src-core/log/signed-note.ts reads it) */
const largestDocument = 128 * 1024

/** @throws AppError FILE_UNWRITABLE */
export async function runCreateKey(options: { out: string; name: string; stdout?: NodeJS.WritableStream }): Promise<void> {
  const { out, name, stdout = process.stdout } = options
  const { privateKey } = generateKeyPairSync('ed25519')
  writeNew(out, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  stdout.write(`${formatVerifierKey(verifierKeyOf(name, privateKey))}\n`)
}

/** @throws AppError FILE_UNREADABLE, FILE_UNWRITABLE, CONFIG_INVALID, CONFIG_UNREADABLE, POLICY_INVALID, KEY_INVALID */
export async function runSign(options: {
  reviewers: string
  policy: string
  key: string
  name: string
  out: string
  also?: string[]
  stdout?: NodeJS.WritableStream
}): Promise<void> {
  const { name, out, also = [], stdout = process.stdout } = options
  const list = readConfigFile(options.reviewers, reviewerList)
  const text = (await readLimited(options.policy, largestFile, 'POLICY_INVALID')).toString()
  const loaded = await loadPolicy(text)
  if (!loaded.ok) throw new AppError('POLICY_INVALID', { problem: loaded.problems[0]?.message ?? 'it cannot be read' })
  const chosen = trustedRules(loaded.policy.document)
  const invalid = (problem: string) => new AppError('CONFIG_INVALID', { file: options.reviewers, problem })
  const trust = approvalTrust.safeParse({ v: 1, ...list, policies: [hash('sha256', text), ...also], rules: chosen.rules })
  if (!trust.success) throw invalid(trust.error.issues[0]?.message ?? 'it cannot be signed')

  const key = readKey((await readLimited(options.key, largestFile, 'KEY_INVALID')).toString())
  const signed = signTrust(trust.data, name, key)
  if (signed.length > largestDocument) throw invalid(`signed it has ${signed.length} characters, and at most ${largestDocument} are read`)
  const opened = openTrust(signed, verifierKeyOf(name, key))
  if (!opened.ok) throw invalid(opened.problem)
  write(out, signed)
  stdout.write(summaryOf(opened.trust) + leftOut(chosen))
}

/** @throws AppError FILE_UNREADABLE, KEY_INVALID, CONFIG_INVALID */
export async function runShow(options: { file: string; root: string; stdout?: NodeJS.WritableStream }): Promise<void> {
  const { file, stdout = process.stdout } = options
  const root = await readVerifierKey(options.root)
  const opened = openTrust((await readLimited(file, largestDocument, 'POLICY_INVALID')).toString(), root)
  if (!opened.ok) throw new AppError('CONFIG_INVALID', { file, problem: opened.problem })
  stdout.write(summaryOf(opened.trust))
}

function summaryOf({ version, policies, rules, reviewers, breakGlass = [] }: ApprovalTrust): string {
  const lines = [
    `version ${version}, for policy ${policies.join(', ')}`,
    ...rules.map(({ id, effect, because }) => `${effect === 'review' ? 'needs approval' : 'denied'}: ${id}: ${because}`),
    ...reviewers.map(({ name, sub, groups, keys }) => `reviewer ${name} (${sub}) in ${groups.join(', ')}: ${keysOf(keys)}`),
    ...(breakGlass.length === 0 ? ['may break the glass: nobody'] : []),
    ...breakGlass.flatMap(({ connection, tools, maxMinutes, people }) =>
      people.map(
        ({ name, sub, keys }) =>
          `may break the glass: ${name} (${sub}) on ${connection}, calls of ${tools.join(', ')}, at most ${maxMinutes} min: ${keysOf(keys)}`,
      ),
    ),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

const keysOf = (keys: readonly unknown[]): string => `${keys.length} key${keys.length > 1 ? 's' : ''}`

const leftOut = ({ widened, left }: TrustedRules): string =>
  widened.map((id) => `note: ${id} reads user, which an agent does not know: it demands an approval whoever calls\n`).join('') +
  left.map((id) => `note: ${id} reads user, which an agent does not know: only the gateway denies by it\n`).join('')

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // told below
  }
  throw new AppError('KEY_INVALID', { problem: 'it is not a private Ed25519 key (PEM)' })
}

const writeNew = (file: string, text: string): void => write(file, text, 'wx')

function write(file: string, text: string, flag = 'w'): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag })
  } catch (cause) {
    throw new AppError('FILE_UNWRITABLE', { file, problem: problemOf(cause) }, { cause })
  }
}
