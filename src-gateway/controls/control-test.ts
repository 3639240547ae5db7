import type { Masking } from '../../src-core/masking/load-masking.ts'
import type { Policy } from '../../src-core/policy/policy.ts'
import type { Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { ControlTestResult } from '../../src-protocol/controls.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Connection, Person, Session } from '../../src-protocol/model.ts'

export interface ControlTestPorts {
  inForce: () => { policy: Policy; masking: Masking }
  /** the text of the document in force, as it is stored */
  storedText: (kind: 'policy' | 'masking') => Promise<string | undefined>
  connections: () => Promise<Connection[]>
  liveSessions: () => Session[]
  personNow: (sub: string) => Person | undefined
  log: TransparencyLog
  recordings: Pick<RecordingStore, 'readText' | 'sealOf'>
  /** for a recording that is written to be read again, and removed */
  temporaryFolder: string
  /** where this gateway answers on this machine */
  ownAddress: () => string | undefined
  clock: Clock
}

/** What came of it, and each thing that was done, as a sentence. */
export type ControlOutcome = Pick<ControlTestResult, 'outcome' | 'steps'>
export type ControlTest = (ports: ControlTestPorts) => Promise<ControlOutcome>

/** Held if no sentence speaks of a failure. */
export function concluded(seen: readonly string[], failures: readonly string[]): ControlOutcome {
  // an entry of the log has room for so much
  const cut = (sentences: readonly string[]) => sentences.slice(0, 20).map((sentence) => sentence.slice(0, 500))
  const more = failures.length > 20 ? [`And ${failures.length - 20} more.`] : []
  return failures.length > 0
    ? { outcome: 'failed', steps: [...cut(seen), ...cut(failures), ...more] }
    : { outcome: 'held', steps: cut(seen) }
}

export async function* entriesOf(log: TransparencyLog): AsyncGenerator<{ index: number; entry: LogEntry }> {
  const reader = log.snapshot()
  for await (const { index, bytes } of reader.entries(0, reader.size)) {
    yield { index, entry: JSON.parse(Buffer.from(bytes).toString('utf8')) as LogEntry }
    // who calls in the meantime does not wait for the whole log
    if (index % 500 === 499) await new Promise((resolve) => setImmediate(resolve))
  }
}

export const counted = (count: number, noun: string): string => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
