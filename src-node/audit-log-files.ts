import { join } from 'node:path'
import type { Finding, LogAudit } from '../src-core/evidence/audit-log-entries.ts'
import { readClaimedCheckpoint } from '../src-core/log/checkpoint.ts'
import { followKeys, openCheckpointBy, rotationNoteOf, type FollowedKeys, type RotationEntry } from '../src-core/log/key-history.ts'
import { createFrontier } from '../src-core/log/merkle-frontier.ts'
import { openCosignatures } from '../src-core/log/cosignature.ts'
import { equalBytes, leafHash, type Hash } from '../src-core/log/merkle-hash.ts'
import type { VerifierKey } from '../src-core/log/signed-note.ts'
import { tileWidth } from '../src-core/log/tile.ts'
import { AppError } from '../src-protocol/app-error.ts'
import { logEntry } from '../src-protocol/log-entry.ts'
import { readBundle, readIfThere, readLeafTile } from './log-files.ts'
import { cosignedFile } from './log-reader.ts'
import { rebuildLog } from './rebuild-log.ts'

export interface LogFilesAudit {
  folder: string
  trusted: VerifierKey
  /** checkpoints of this log that somebody keeps elsewhere, with a name for each */
  known: readonly { name: string; note: string }[]
  /** who must have cosigned the newest checkpoint that was cosigned at all */
  witnesses: readonly VerifierKey[]
  audit: LogAudit
  findings: Finding[]
}

/**
 * Reads a log from its files: what does not fit is named with its place, as narrowly as the hashes beside the entries allow. The entries are read
 * all the same, for they may tell what was done.
 * @returns how many entries it has
 */
export async function auditLogFiles({ folder, trusted, known, witnesses, audit, findings }: LogFilesAudit): Promise<number> {
  const note = (await readIfThere(join(folder, 'checkpoint')))?.toString('utf8')
  const problem = await rebuildLog(folder, note, trusted).then(
    () => undefined,
    (cause: unknown) => {
      if (cause instanceof AppError && cause.code === 'LOG_CORRUPT') return cause.message
      throw cause
    },
  )
  const places: Finding[] = []
  const corrupt = (place: string, sentence: string) => places.unshift({ code: 'log-corrupt', severity: 'error', place, sentence })
  const cosigned = (await readIfThere(join(folder, cosignedFile)))?.toString('utf8')
  findings.push(...missingWitnesses(cosigned, witnesses))
  const heads = headsOf(note, [...(cosigned === undefined ? [] : [{ name: cosignedFile, note: cosigned }]), ...known])
  const rotations: RotationEntry[] = []
  const frontier = createFrontier()
  /** the first entry that is not the one whose hash the tiles have */
  let altered: number | undefined

  for (let bundle = 0; ; bundle += 1) {
    const entries = await readBundle(folder, bundle)
    if (entries === 'torn') corrupt(`entry ${frontier.size}`, 'The file that holds the entries from here on is torn.')
    if (entries === undefined || entries === 'torn') break
    const hashes = await readLeafTile(folder, bundle)
    for (const [at, bytes] of entries.entries()) {
      const index = frontier.size
      const leaf = leafHash(bytes)
      if (altered === undefined && hashes?.[at] && !equalBytes(hashes[at], leaf)) {
        altered = index
      }
      readEntry(bytes, index, { audit, findings, rotations })
      frontier.append(leaf)
      heads.look(frontier.size, () => frontier.root())
    }
    if (hashes && hashes.length > entries.length) corrupt(`entry ${frontier.size}`, 'It is missing: the log’s tiles know more entries.')
    if (entries.length < tileWidth) break
  }
  if (altered !== undefined && heads.ownFits())
    corrupt(`hash of entry ${altered}`, 'The log’s tile holds another one; the entry itself is the one that was signed.')
  else if (altered !== undefined) corrupt(`entry ${altered}`, 'It is not the entry whose hash stands in the log’s tiles.')
  const keys = followKeys(trusted, rotations)
  findings.push(...keyFindings(keys, rotations))
  const misfits = heads.findings(frontier.size, keys, altered)
  findings.push(...places, ...misfits)
  if (problem !== undefined && keys.ok && places.length + misfits.length === 0) {
    findings.push({ code: 'log-corrupt', severity: 'error', place: 'log', sentence: problem })
  }
  // nothing fits nothing: a folder that was mistyped, or emptied, must not pass for a log without fault
  if (note === undefined && frontier.size === 0)
    findings.push({ code: 'log-corrupt', severity: 'error', place: 'checkpoint', sentence: 'It is not there: this folder holds no log.' })
  return frontier.size
}

/** A log that its witnesses did not cosign may be one that they refused. */
function missingWitnesses(cosigned: string | undefined, witnesses: readonly VerifierKey[]): Finding[] {
  const found = new Set(openCosignatures(cosigned ?? '', witnesses).map(({ witness }) => witness))
  return witnesses
    .filter(({ name }) => !found.has(name))
    .map(({ name }) => ({ code: 'witness-missing', severity: 'error', place: cosignedFile, sentence: `It is not cosigned by ${name}.` }))
}

function readEntry(bytes: Uint8Array, index: number, to: { audit: LogAudit; findings: Finding[]; rotations: RotationEntry[] }): void {
  const parsed = logEntry.safeParse(parseJson(bytes))
  const note = rotationNoteOf(bytes)
  if (note !== undefined) to.rotations.push({ index, note })
  if (parsed.success) to.audit.add(parsed.data, index)
  else
    to.findings.push({
      code: 'entry-unreadable',
      severity: 'error',
      place: `entry ${index}`,
      sentence: 'It is none of the kinds that are known.',
    })
}

function keyFindings(keys: FollowedKeys, rotations: readonly RotationEntry[]): Finding[] {
  if (!keys.ok) {
    return [
      {
        code: 'key-unvouched',
        severity: 'error',
        place: `entry ${keys.index}`,
        sentence: `It replaces the log’s key, and is not to be believed: ${keys.problem}.`,
      },
    ]
  }
  return rotations.map(({ index }) => ({
    code: 'key-replaced',
    severity: 'note',
    place: `entry ${index}`,
    sentence: 'From here on another key signs the log; the one before it agreed.',
  }))
}

interface Head {
  name: string
  size: number
  root: Hash
  note: string
}

/** Checkpoints that the log must have been at: its own, and those that are kept elsewhere. */
function headsOf(own: string | undefined, known: LogFilesAudit['known']) {
  const heads: Head[] = []
  const unreadable: Finding[] = []
  for (const { name, note } of [...(own === undefined ? [] : [{ name: 'checkpoint', note: own }]), ...known]) {
    const claimed = readClaimedCheckpoint(note)
    if (claimed) heads.push({ name, size: claimed.size, root: claimed.root, note })
    else unreadable.push({ code: 'log-corrupt', severity: 'error', place: name, sentence: 'It is no checkpoint.' })
  }
  const bySize = Map.groupBy(heads, ({ size }) => size)
  const fits = new Set<Head>(heads.filter(({ size }) => size === 0))
  return {
    /** whether the entries give the root that the log's own checkpoint has */
    ownFits: () => heads.some((head) => head.note === own && fits.has(head)),
    look(size: number, root: () => Hash): void {
      const here = bySize.get(size)
      if (!here) return
      const computed = root()
      for (const head of here) if (equalBytes(head.root, computed)) fits.add(head)
    },
    /** @param altered an entry that is known to be another one: what stands behind it cannot fit */
    findings: (entries: number, keys: FollowedKeys, altered = Infinity): Finding[] => [
      ...unreadable,
      ...heads.flatMap((head): Finding[] => {
        const { name, size, note } = head
        const error = (code: Finding['code'], place: string, sentence: string): Finding[] => [{ code, severity: 'error', place, sentence }]
        const opened = keys.ok ? openCheckpointBy(note, keys.history) : undefined
        if (opened && !opened.ok)
          return error('key-unvouched', name, `It is not signed by the key that the log had then (${opened.reason}).`)
        if (size > entries) return error('log-rolled-back', `entry ${entries}`, `It ends here; ${name} was signed over ${size} entries.`)
        if (!fits.has(head) && size <= altered) {
          const intact = Math.max(0, ...[...fits].map((fit) => fit.size).filter((known) => known < size))
          return error('log-forked', `entries ${intact} to ${size - 1}`, `They are not the entries that ${name} was signed over.`)
        }
        return []
      }),
    ],
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
