import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import { stringify } from 'csv-stringify/sync'
import { controls } from '../../src-core/evidence/controls.ts'
import { ocsfEvents } from '../../src-core/evidence/ocsf-events.ts'
import { oscalResults } from '../../src-core/evidence/oscal-results.ts'
import {
  createPopulationTables,
  populationColumns,
  type PopulationFile,
  type LoggedRecording,
  type Row,
} from '../../src-core/evidence/population-tables.ts'
import { selectSample } from '../../src-core/evidence/select-sample.ts'
import { readClaimedCheckpoint } from '../../src-core/log/checkpoint.ts'
import { parseRecords, type ParsedRecords } from '../../src-core/recording/record-lines.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { LogReader } from '../log-reader.ts'
import { readPeriod } from './read-period.ts'
import { replayPage } from './replay-page.ts'
import { openStagedFile, type StagedFile } from './staged-file.ts'

export interface PackQuery {
  /** RFC 3339; log entries from this time on */
  from: string
  /** and before this one */
  to: string
  timeZone: string
  /** of the auditor, so that nobody else picks the sample */
  seed: string
  sampleSize: number
}

export interface PackPorts {
  log: LogReader
  /** C2SP verifier key */
  verifierKey: string
  gateway: string
  version: string
  now: Date
  /** undefined: it is not there */
  readRecording(session: string): Promise<Uint8Array | undefined>
  proofOf(index: number): Promise<string>
  /** puts the hash of the manifest into the log and gives the proof of it; absent where a copy of the store is read */
  logExport?(manifestHash: string, sessions: number): Promise<string>
}

export interface PackManifest {
  format: 'gatehouse-evidence-pack/1'
  gateway: string
  version: string
  made: string
  query: PackQuery
  counts: { entries: number; sessions: number; sample: number; rows: Record<string, number> }
  /** all of the pack but this file and its proof */
  files: { path: string; bytes: number; sha256: string }[]
}

const oscalPath = 'oscal/assessment-results.json'

/**
 * Writes an evidence pack: everything that the log says about a period, the tables made of it and of the recordings, and a sample of the
 * sessions as they were recorded. Recordings are read one after the other and tables written piece by piece, so that memory does not grow
 * with their number.
 * @returns the zip as it is written, and what it holds once it is
 * @throws AppError LOG_CORRUPT, INVALID_REQUEST, RECORDING_INVALID (the stream then breaks off)
 */
export function buildPack(ports: PackPorts, query: PackQuery): { zip: Readable; done: Promise<PackManifest> } {
  const zip = new ZipFile()
  const output = zip.outputStream as unknown as Readable
  // from the first moment: whoever takes the stream may destroy it before anything is in it
  const closed = new Promise<void>((resolve) => output.once('close', resolve))
  const done = writeInTemporaryFolder(ports, query, zip, closed)
  done.catch((error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))))
  return { zip: output, done }
}

async function writeInTemporaryFolder(ports: PackPorts, query: PackQuery, zip: ZipFile, closed: Promise<void>): Promise<PackManifest> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-pack-'))
  const opened: StagedFile[] = []
  const stage = (name: string) => {
    const file = openStagedFile(join(folder, name))
    opened.push(file)
    return file
  }
  try {
    const manifest = await writePack(ports, query, { zip, stage })
    // the staged files are read while the zip is
    await closed
    return manifest
  } finally {
    // one that broke off would keep a dozen files of the gateway open for good
    for (const file of opened) file.close()
    await rm(folder, { recursive: true, force: true })
  }
}

interface PackTarget {
  zip: ZipFile
  /** for what is not written at once */
  stage: (name: string) => StagedFile
}

async function writePack(ports: PackPorts, query: PackQuery, { zip, stage }: PackTarget): Promise<PackManifest> {
  const { log } = ports
  const files: PackManifest['files'] = []
  const mtime = ports.now
  const add = (path: string, content: string | Uint8Array) => {
    const bytes = Buffer.from(content)
    files.push({ path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
    zip.addBuffer(bytes, path, { mtime })
  }
  const addStaged = (path: string, staged: StagedFile) => {
    files.push({ path, ...staged.end() })
    zip.addFile(staged.path, path, { mtime })
  }

  const tables = createPopulationTables()
  const entries = stage('entries')
  const period = await readPeriod(log, query, { tables, entries })
  add('README.md', readAsset('pack-readme.md'))
  add('trust/log.vkey', `${ports.verifierKey}\n`)
  const rotations = await log.rotations()
  if (rotations.length > 0) add('trust/rotations.json', json(rotations))
  add('log/end.checkpoint', log.checkpoint)
  const cosigned = await log.cosigned()
  if (cosigned !== undefined) add('log/cosigned.checkpoint', cosigned)
  addStaged('log/entries.jsonl', entries)
  const { start, end } = period
  add(
    'log/range.json',
    json({ start, end, size: log.size, nodes: await log.around(start, end, readClaimedCheckpoint(cosigned ?? '')?.size) }),
  )

  // that the entries beside them lie outside the period: otherwise the hashes around them could hide some of it
  if (start > 0) add('log/before.tlog-proof', await log.tlogProof(start - 1))
  if (end < log.size) add('log/after.tlog-proof', await log.tlogProof(end))

  const csv = openTables(stage)
  // the sample is drawn from what can still be read; that the rest was removed by a rule is proved one by one
  const sessions = period.closed.filter(({ removed }) => !removed).map(({ session }) => session)
  const selection = selectSample(sessions, query.seed, query.sampleSize)
  const selected = new Set(selection.selected)
  for (const closed of period.closed) {
    if (closed.removed) {
      tables.removedRows(closed, csv.write)
      add(`removed/${closed.session}.tlog-proof`, await ports.proofOf(closed.removed.index))
      continue
    }
    const recording = await ports.readRecording(closed.session)
    if (!recording) {
      tables.missingRow(closed, csv.write)
      continue
    }
    const parsed = readRecords(closed.session, recording)
    tables.sessionRows(parsed.records, closed, csv.write)
    if (selected.has(closed.session)) await addSample({ ports, closed, parsed, recording, add })
  }
  tables.finish(csv.write)
  for (const [path, staged] of csv.files) addStaged(path, staged)
  add('sample/selection.json', json(selection))
  add('controls.csv', controlsTable())
  add('verify/verify.mjs', readAsset('verify.mjs'))

  const { from, to } = query
  const hashes = new Map(files.map(({ path, sha256 }) => [path, sha256] as const))
  add(oscalPath, json(oscalResults({ gateway: ports.gateway, from, to, collected: mtime.toISOString(), files: hashes })))

  const manifest: PackManifest = {
    format: 'gatehouse-evidence-pack/1',
    gateway: ports.gateway,
    version: ports.version,
    made: mtime.toISOString(),
    query,
    counts: { entries: end - start, sessions: period.closed.length, sample: selection.selected.length, rows: Object.fromEntries(csv.rows) },
    files: files.toSorted((one, other) => (one.path < other.path ? -1 : 1)),
  }
  const text = json(manifest)
  const manifestHash = createHash('sha256').update(text).digest('hex')
  zip.addBuffer(Buffer.from(text), 'manifest.json', { mtime })
  const proof = await ports.logExport?.(manifestHash, period.closed.length)
  if (proof !== undefined) zip.addBuffer(Buffer.from(proof), 'manifest.json.tlog-proof', { mtime })
  zip.end()
  return manifest
}

interface Sample {
  ports: PackPorts
  closed: LoggedRecording
  parsed: Extract<ParsedRecords, { ok: true }>
  recording: Uint8Array
  add: (path: string, content: string | Uint8Array) => void
}

async function addSample({ ports, closed, parsed, recording, add }: Sample): Promise<void> {
  const { verifierKey, version } = ports
  const folder = `sample/${closed.session}`
  const proof = await ports.proofOf(closed.index)
  add(`${folder}/recording.jsonl`, recording)
  add(`${folder}/recording.tlog-proof`, proof)
  add(`${folder}/ocsf.jsonl`, [...ocsfEvents(parsed.records, version)].map((event) => `${JSON.stringify(event)}\n`).join(''))
  const lines = parsed.lines.map((line) => Buffer.from(line).toString('utf8'))
  add(`${folder}/replay.html`, replayPage({ lines, proof, key: verifierKey }))
}

function readRecords(session: string, recording: Uint8Array): Extract<ParsedRecords, { ok: true }> {
  const parsed = parseRecords(recording)
  if (!parsed.ok) throw new AppError('RECORDING_INVALID', { problem: `${session}, ${parsed.problem}` })
  return parsed
}

/**
 * RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe in front. A line break of one letter is quoted too: readers of tables end
 * a row there, and what stood behind it would be a row that somebody wrote into a reason.
 */
const csvText = (rows: readonly Row[]): string =>
  stringify(rows as Row[], { record_delimiter: '\r\n', escape_formulas: true, quoted_match: /[\r\n]/ })

function controlsTable(): string {
  const rows = controls.map(({ id, title, evidence, test, files }) => [id, title, evidence, test, files.join(' ')])
  return csvText([['criterion', 'what it asks, in our words', 'evidence', 'how to try it', 'files'], ...rows])
}

/** Tables that are written while their rows come. */
function openTables(stage: PackTarget['stage']) {
  const names = Object.keys(populationColumns) as PopulationFile[]
  const files = new Map(names.map((file, index) => [file, stage(`table-${index}`)]))
  const rows = new Map(names.map((file) => [file, 0]))
  for (const [file, staged] of files) staged.write(csvText([populationColumns[file]]))
  return {
    files,
    rows,
    write: (file: PopulationFile, row: Row): void => {
      rows.set(file, (rows.get(file) ?? 0) + 1)
      files.get(file)?.write(csvText([row]))
    },
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

/** Files that stand beside this module, in its sources as in the bundle. */
const readAsset = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
