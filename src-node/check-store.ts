import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createLogAudit, type Finding, type LogAudit, type LoggedSession } from '../src-core/evidence/audit-log-entries.ts'
import { createFrontier, type MerkleFrontier } from '../src-core/log/merkle-frontier.ts'
import { hexOf } from '../src-core/log/merkle-hash.ts'
import type { VerifierKey } from '../src-core/log/signed-note.ts'
import { recordLeaf } from '../src-core/recording/record-leaf.ts'
import { parseRecordLine } from '../src-core/recording/record-lines.ts'
import { AppError } from '../src-protocol/app-error.ts'
import { auditLogFiles } from './audit-log-files.ts'
import { readRecordingLines, type RecordingEnd } from './read-recording-lines.ts'
import { isCompressed } from './recording-paths.ts'

export interface StoreCheck {
  entries: number
  sessions: number
  recordings: number
  records: number
  /** recordings that a rule of retention removed, as the log says */
  removed: number
  findings: Finding[]
}

export interface StoreFolders {
  log: string
  /** undefined: the log alone is checked */
  recordings?: string
  /** checkpoints of the log that somebody keeps elsewhere, with a name for each */
  checkpoints?: readonly { name: string; note: string }[]
  /** keys of witnesses that must have cosigned */
  witnesses?: readonly VerifierKey[]
}

/**
 * Audits a whole store without the gateway: the log against its key, its checkpoint and its tiles; its entries against each other; and every
 * recording against what the log says of it. Memory does not grow with the recordings.
 * @throws AppError FILE_UNREADABLE if a folder cannot be read
 */
export async function checkStore(
  { log, recordings, checkpoints = [], witnesses = [] }: StoreFolders,
  key: VerifierKey,
): Promise<StoreCheck> {
  const audit = createLogAudit()
  const findings: Finding[] = []
  const entries = await orUnreadable(log, async () => {
    await readdir(log)
    return auditLogFiles({ folder: log, trusted: key, known: checkpoints, witnesses, audit, findings })
  })
  const removed = [...audit.sessions.values()].filter((logged) => logged.removed !== undefined).length
  const check = { entries, sessions: audit.sessions.size, recordings: 0, records: 0, removed }
  if (recordings !== undefined) {
    const found = await findRecordings(recordings)
    for (const [session, path] of found) {
      const logged = audit.sessions.get(session)
      check.recordings += 1
      check.records += await auditRecording({ session, path, logged, audit, findings })
    }
    for (const [session, logged] of audit.sessions) {
      if (!logged.close)
        findings.push(note('session-open', session, 'It is not closed: it still runs, or its gateway has not been started since.'))
      if (found.has(session)) {
        if (logged.removed)
          findings.push(
            note('recording-kept', session, `The log says that it was removed (entry ${logged.removed.index}), and it is there.`),
          )
      } else if (!logged.removed && (logged.close || logged.checkpoints.length > 0)) {
        findings.push(error('recording-missing', session, 'Its recording is not there, and the log does not say that it was removed.'))
      }
    }
  }
  return { ...check, findings: [...audit.findings(), ...findings] }
}

const error = (code: Finding['code'], place: string, sentence: string): Finding => ({ code, severity: 'error', place, sentence })
const note = (code: Finding['code'], place: string, sentence: string): Finding => ({ code, severity: 'note', place, sentence })

/** after these the gateway tells its client that the call has not run */
const refusals: ReadonlySet<string> = new Set(['denied', 'expired', 'withdrawn', 'void', 'pending'])

interface RecordingAudit {
  session: string
  path: string
  logged: LoggedSession | undefined
  audit: LogAudit
  findings: Finding[]
}

/** @returns how many records it has */
async function auditRecording({ session, path, logged, audit, findings }: RecordingAudit): Promise<number> {
  if (!logged) findings.push(error('recording-unlogged', session, 'The log does not know its recording.'))
  const known = new Map((logged?.checkpoints ?? []).map(({ count, root }) => [count, root]))
  if (logged?.close) known.set(logged.close.count, logged.close.root)
  const frontier = createFrontier()
  const held = new Map<number, string | undefined>()
  let intact = 0
  let problem: Finding | undefined
  const fault = (finding: Finding) => {
    problem ??= finding
  }
  const look = (line: Uint8Array, tree: MerkleFrontier) => {
    const parsed = parseRecordLine(line)
    if (!parsed.ok) return fault(error('recording-unreadable', `${session} record ${tree.size}`, `It cannot be read: ${parsed.problem}.`))
    const { record } = parsed
    if (record.seq !== tree.size) fault(error('recording-differs', `${session} record ${tree.size}`, `Its number is ${record.seq}.`))
    if (record.kind === 'request' && record.decision?.effect === 'review') held.set(record.exchange, undefined)
    if (record.kind === 'approval' && record.event === 'executed') held.set(record.exchange, record.approval)
    // recordings of before do not mark the gateway's own answers
    if (record.kind === 'approval' && refusals.has(record.event)) held.delete(record.exchange)
    // what the gateway answered itself came from no server
    if (record.kind === 'response' && record.direction === 'server' && record.own === undefined && held.has(record.exchange)) {
      const approval = held.get(record.exchange)
      if (approval === undefined || !audit.isExecuted(approval)) {
        fault(
          error(
            'call-without-approval',
            `${session} record ${record.seq}`,
            'A held call was answered, and the log has no execution of its approval.',
          ),
        )
      }
    }
    return undefined
  }
  const ends = await readLines(path, (line) => {
    look(line, frontier)
    frontier.append(recordLeaf(line))
    const root = known.get(frontier.size)
    if (root === undefined) return
    if (hexOf(frontier.root()) === root) intact = frontier.size
    else {
      fault(
        error(
          'recording-differs',
          `${session} records ${intact} to ${frontier.size - 1}`,
          'They are not the records whose root is in the log.',
        ),
      )
    }
  })
  if (ends === 'damaged') fault(error('recording-unreadable', session, 'It is stored compressed, and cannot be unpacked.'))
  const last = Math.max(0, ...known.keys())
  if (frontier.size < last)
    fault(error('recording-differs', `${session} record ${frontier.size}`, `It ends here; the log knows ${last} records.`))
  if (logged?.close && frontier.size > logged.close.count) {
    fault(error('recording-differs', `${session} record ${logged.close.count}`, 'It goes on after its end.'))
  }
  if (ends === 'torn' && logged?.close) fault(error('recording-differs', `${session} record ${frontier.size}`, 'Its last line is torn.'))
  if (problem) findings.push(problem)
  return frontier.size
}

async function readLines(path: string, onLine: (line: Uint8Array) => void): Promise<RecordingEnd> {
  const lines = readRecordingLines(path)
  for (;;) {
    const { done, value } = await orUnreadable(path, () => lines.next())
    if (done) return value
    onLine(value)
  }
}

/**
 * Session → file: the ones that run, and the finished ones by the first letters of their id. Of a recording that a crash left both plain and
 * compressed it is the plain one, which the gateway reads, too.
 * @throws AppError FILE_UNREADABLE
 */
export async function findRecordings(folder: string): Promise<Map<string, string>> {
  const names = await orUnreadable(folder, () => readdir(folder, { recursive: true }))
  const files = names.filter((name) => /(?:^|[\\/])ses_[^\\/]+\.jsonl(?:\.zst)?$/.test(name)).toSorted()
  const found = new Map<string, string>()
  for (const name of files) {
    const session = name.replace(/^.*[\\/]|\.jsonl(?:\.zst)?$/g, '')
    if (!isCompressed(name) || !found.has(session)) found.set(session, join(folder, name))
  }
  return found
}

async function orUnreadable<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('FILE_UNREADABLE', { file, problem: (cause as NodeJS.ErrnoException).code ?? 'unreadable' }, { cause })
  }
}
