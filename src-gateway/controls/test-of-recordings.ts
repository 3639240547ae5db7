import { createFrontier } from '../../src-core/log/merkle-frontier.ts'
import { hexOf } from '../../src-core/log/merkle-hash.ts'
import { recordLeaf } from '../../src-core/recording/record-leaf.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import { concluded, counted, entryAt, type ControlOutcome, type ControlTest, type ControlTestPorts } from './control-test.ts'

type CloseEntry = Extract<LogEntry, { kind: 'session.close' }>

/** recordings of one test, drawn anew each time */
const sampleSize = 10
/** a test that runs beside the traffic reads no larger ones */
const mostBytes = 32 * 1024 * 1024

/** Each of the closed sessions with the same chance, and what the log says of it. What it says was removed since is left out. */
async function drawClosed(ports: ControlTestPorts): Promise<{ drawn: CloseEntry[]; total: number }> {
  const { total, entries } = await ports.fact('drawClosed', sampleSize)
  const drawn = await Promise.all(entries.map((index) => entryAt(ports, index)))
  return { drawn: drawn.filter((entry) => entry.kind === 'session.close'), total }
}

async function tryEach(
  ports: ControlTestPorts,
  check: (entry: CloseEntry, lines: Buffer[]) => string | undefined,
  what: string,
): Promise<ControlOutcome> {
  const { drawn, total } = await drawClosed(ports)
  if (total === 0) return { outcome: 'not-possible', steps: ['No session has been closed yet: there is no recording to try it on.'] }
  const failures: string[] = []
  let tried = 0
  for (const entry of drawn) {
    const lines = await linesOf(ports, entry)
    if (typeof lines === 'string') failures.push(lines)
    else if (lines) {
      tried += 1
      const failure = check(entry, lines)
      if (failure !== undefined) failures.push(failure)
    }
  }
  return concluded(
    [`${counted(tried, 'recording')} of ${counted(total, 'closed session')}, drawn at random, ${tried === 1 ? 'was' : 'were'} ${what}.`],
    failures,
  )
}

/** `undefined`: too large to be read now */
async function linesOf({ recordings }: ControlTestPorts, { session }: CloseEntry): Promise<Buffer[] | string | undefined> {
  try {
    const bytes = Buffer.from(await recordings.readText(session))
    if (bytes.length > mostBytes) return undefined
    const lines: Buffer[] = []
    for (let start = 0, end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start))
      lines.push(bytes.subarray(start, end))
    return lines
  } catch {
    return `The recording of session ${session} cannot be read.`
  }
}

export const testOfRecordings = {
  'PI1.4': (ports) =>
    tryEach(
      ports,
      ({ session, count }, lines) =>
        lines.length === count ? undefined : `Session ${session} has ${lines.length} records; the log says ${count}.`,
      'counted again, and each has as many records as the log says',
    ),
  'A1.2': (ports) =>
    tryEach(
      ports,
      ({ session, root }, lines) => {
        const frontier = createFrontier()
        for (const line of lines) frontier.append(recordLeaf(line))
        return hexOf(frontier.root()) === root
          ? undefined
          : `The recording of session ${session} does not give the root that is in the log.`
      },
      'read back from the disk, and each gives the root that is in the log',
    ),
} satisfies Record<string, ControlTest>
