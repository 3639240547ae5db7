import { hash } from 'node:crypto'
import { readFileSync, renameSync, unwatchFile, watchFile, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { openTrust } from '../../src-core/approval/trust-note.ts'
import { parseVerifierKey, type VerifierKey } from '../../src-core/log/signed-note.ts'
import { loadPolicy } from '../../src-core/policy/load-policy.ts'
import type { Policy } from '../../src-core/policy/policy.ts'
import { problemOf } from '../../src-node/durable-file.ts'
import type { Logger } from '../../src-node/logger.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { TrustedBreakGlass, TrustedReviewer } from '../../src-protocol/approval-proof.ts'
import { sha256Hex } from '../../src-protocol/ids.ts'

/** What the agent goes by when it checks approvals, ready to be used. */
export interface Trust {
  version: number
  policies: readonly string[]
  /** what is to be held and what is to be denied; everything else it allows */
  rules: Policy
  reviewers: ReadonlyMap<string, TrustedReviewer>
  /** who may break the glass, for what */
  breakGlass: readonly TrustedBreakGlass[]
}

export interface TrustDocument {
  /** the one in force */
  readonly trust: Trust
  close(): void
}

export interface TrustDocumentOptions {
  root: string
  file: string
  /** of the agent, where it remembers the highest version */
  data: string
  log: Logger
}

const seen = z.object({ root: z.string(), version: z.number().int(), sha256: sha256Hex })
const lookEveryMs = 500

/**
 * Reads the signed document and follows its changes. One that is not signed by the root, not valid, older than the one before, or another one
 * under the same version never counts: the one in force stays, and at start the agent does not start.
 * @throws AppError CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function openTrustDocument(options: TrustDocumentOptions): Promise<TrustDocument> {
  const { file, log } = options
  const parsed = parseVerifierKey(options.root)
  if (!parsed.ok) throw new AppError('CONFIG_INVALID', { file: 'of the agent', problem: `approvals.root: ${parsed.problem}` })
  const read = async () => {
    const note = readText(file)
    const trust = await readTrust(note, parsed.key, file)
    noteVersion(options, trust.version, hash('sha256', note))
    return trust
  }
  let trust = await read()
  const readAgain = async () => {
    try {
      trust = await read()
      log.info({ file, version: trust.version }, 'rules and reviewers read')
    } catch (error) {
      log.error({ file, err: error }, 'the signed rules and reviewers are not valid: those in force stay')
    }
  }
  const changed = () => void readAgain()
  // by looking, not by notifications: those do not come from every mounted folder
  watchFile(file, { interval: lookEveryMs, persistent: false }, changed)
  return {
    get trust() {
      return trust
    },
    close: () => unwatchFile(file, changed),
  }
}

async function readTrust(note: string, key: VerifierKey, file: string): Promise<Trust> {
  const invalid = (problem: string) => new AppError('CONFIG_INVALID', { file, problem })
  const opened = openTrust(note, key)
  if (!opened.ok) throw invalid(opened.problem)
  const { version, policies, rules, reviewers, breakGlass = [] } = opened.trust
  const loaded = await loadPolicy(JSON.stringify({ version: 1, rules: [...rules, otherwiseAllowed] }))
  if (!loaded.ok) throw invalid(loaded.problems.map(({ path, message }) => `${path}: ${message}`).join('; '))
  return { version, policies, rules: loaded.policy, reviewers: new Map(reviewers.map((reviewer) => [reviewer.sub, reviewer])), breakGlass }
}

/** What may be called at all is the gateway's to decide. */
const otherwiseAllowed = {
  id: 'otherwise-allowed',
  match: { methods: ['*'] },
  effect: 'allow',
  because: 'No signed rule holds or denies it.',
}

/** An older document could bring back a reviewer who has left: whoever writes the file does not decide which one counts. */
function noteVersion({ root, data, file }: TrustDocumentOptions, version: number, sha256: string): void {
  const memory = join(data, 'approval-trust.json')
  const invalid = (problem: string) => new AppError('CONFIG_INVALID', { file, problem })
  const before = readSeen(memory)
  if (before?.root === root) {
    if (version < before.version) throw invalid(`its version is ${version}, and ${before.version} was in force already`)
    if (version === before.version && sha256 !== before.sha256) throw invalid(`version ${version} was another document before`)
    if (version === before.version) return
  }
  try {
    writeFileSync(`${memory}.new`, `${JSON.stringify({ root, version, sha256 })}\n`, { mode: 0o600, flush: true })
    renameSync(`${memory}.new`, memory)
  } catch (cause) {
    throw new AppError('FILE_UNWRITABLE', { file: memory, problem: problemOf(cause) }, { cause })
  }
}

function readSeen(memory: string): z.infer<typeof seen> | undefined {
  let text: string
  try {
    text = readFileSync(memory, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new AppError('CONFIG_UNREADABLE', { file: memory, problem: problemOf(cause) }, { cause })
  }
  const checked = seen.safeParse(parse(text))
  if (!checked.success) throw new AppError('CONFIG_UNREADABLE', { file: memory, problem: 'it is damaged' })
  return checked.data
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new AppError('CONFIG_UNREADABLE', { file, problem: problemOf(cause) }, { cause })
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
