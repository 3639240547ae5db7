import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { loadPolicy } from '../../src-core/policy/load-policy.ts'
import { createSimulation } from '../../src-core/policy/simulate-policy.ts'
import { maximumRecordingBytes, parseRecords } from '../../src-core/recording/record-lines.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { PolicySimulation, SimulatedChange } from '../../src-protocol/simulation.ts'
import { problemLine, readDocument, type PolicyFileOptions } from './policy.ts'
import { readRecordingFile } from '../../src-node/unpack-recording.ts'

export interface SimulationOptions extends PolicyFileOptions {
  /** recordings, or folders of them */
  recordings: string[]
}

/**
 * Decides about recorded messages again, by a policy file. Resolves with the exit code: 0 it was run, whatever came out; 1 the policy cannot
 * be read.
 * @throws AppError FILE_UNREADABLE, RECORDING_INVALID
 */
export async function runPolicySimulation({ file, recordings, json, stdout = process.stdout }: SimulationOptions): Promise<number> {
  const loaded = await loadPolicy(await readDocument(file))
  if (!loaded.ok) {
    stdout.write(loaded.problems.map((problem) => problemLine(file, problem)).join(''))
    return 1
  }
  const simulation = createSimulation(loaded.policy)
  for (const recording of await findRecordings(recordings)) simulation.add(await readRecords(recording))
  const result = simulation.result()
  stdout.write(json ? `${JSON.stringify(result)}\n` : report(result))
  return 0
}

function report({ sessions, messages, unreadable, transitions, changes }: PolicySimulation): string {
  const lines = transitions.map(
    ({ from, to, count }) => `${String(count).padStart(8)}  ${from === to ? `${from}, as before` : `${from} → ${to}`}`,
  )
  const listed = changes.map(changeLine)
  return [
    `${messages} messages of ${sessions} sessions${unreadable > 0 ? `, ${unreadable} could not be read` : ''}`,
    ...lines,
    ...(listed.length > 0 ? ['', ...listed] : []),
    '',
  ].join('\n')
}

function changeLine({ session, seq, from, to, rule, person, connection, tool, method }: SimulatedChange): string {
  const what = `${printable(person.name)}, ${connection}, ${printable(tool ?? method)}`
  return `${session} record ${seq}: ${from} → ${to} (${rule ?? 'default'}): ${what}`
}

/** Recordings may come from anywhere: what they hold must not steer a terminal. */
const printable = (text: string): string => text.slice(0, 100).replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '\ufffd')

async function findRecordings(given: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of given) {
    const info = await access(path, () => stat(path))
    if (!info.isDirectory()) found.push(path)
    else {
      const entries = await access(path, () => readdir(path, { recursive: true }))
      found.push(...entries.filter((name) => /\.jsonl(?:\.zst)?$/.test(name)).map((name) => join(path, name)))
    }
  }
  return found.toSorted()
}

async function readRecords(path: string) {
  const { size } = await access(path, () => stat(path))
  if (size > maximumRecordingBytes)
    throw new AppError('RECORDING_INVALID', { problem: `${path} has more than ${maximumRecordingBytes} bytes` })
  const parsed = parseRecords(await access(path, () => readRecordingFile(path)))
  if (!parsed.ok) throw new AppError('RECORDING_INVALID', { problem: `${path}, ${parsed.problem}` })
  return parsed.records
}

async function access<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw new AppError('FILE_UNREADABLE', { file, problem: (cause as NodeJS.ErrnoException).code ?? 'unreadable' }, { cause })
  }
}
