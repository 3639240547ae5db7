import type { Masking } from '../../src-core/masking/load-masking.ts'
import type { Policy } from '../../src-core/policy/policy.ts'
import type { Clock } from '../../src-node/clock.ts'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import type { RecordingStore } from '../../src-node/recording-store.ts'
import type { ControlTestResult } from '../../src-protocol/controls.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'
import type { Connection, Person, Session } from '../../src-protocol/model.ts'
import type { OverviewService } from '../overview/overview.ts'

export interface ControlTestPorts {
  inForce: () => { policy: Policy; masking: Masking }
  /** the text of the document in force, as it is stored */
  storedText: (kind: 'policy' | 'masking') => Promise<string | undefined>
  connections: () => Promise<Connection[]>
  liveSessions: () => Session[]
  personNow: (sub: string) => Person | undefined
  log: Pick<TransparencyLog, 'entry' | 'append'>
  /** about the whole log, without reading it again */
  fact: OverviewService['fact']
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

/** Held if no sentence speaks of a failure. `failed`: how many there are, where not all are named */
export function concluded(seen: readonly string[], failures: readonly string[], failed = failures.length): ControlOutcome {
  // an entry of the log has room for so much
  const cut = (sentences: readonly string[]) => sentences.slice(0, 20).map((sentence) => sentence.slice(0, 500))
  const more = failed > 20 ? [`And ${failed - 20} more.`] : []
  return failures.length > 0
    ? { outcome: 'failed', steps: [...cut(seen), ...cut(failures), ...more] }
    : { outcome: 'held', steps: cut(seen) }
}

/** An entry as it stands in the log now. */
export const entryAt = async ({ log }: Pick<ControlTestPorts, 'log'>, index: number): Promise<LogEntry> =>
  JSON.parse(Buffer.from(await log.entry(index)).toString('utf8')) as LogEntry

export const counted = (count: number, noun: string): string => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
