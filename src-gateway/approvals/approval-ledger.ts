import type { TransparencyLog } from '../../src-node/log-store.ts'
import { logEntry, type LogEntry } from '../../src-protocol/log-entry.ts'

/** Where in the log the entries of an approval are. Never learnt from the database, which could leave one out: from appending, or from the log. */
export interface ApprovalLedger {
  requested(id: string, index: number): void
  /** one more entry about the approval was appended */
  add(id: string, index: number): void
  /** The digest that it was requested with; undefined if the log has no request where it was said to be. */
  requestedDigest(id: string): Promise<string | undefined>
  /** @returns every entry of the log about the approval; none if it is not in the log where it was said to begin */
  entries(id: string): Promise<LogEntry[]>
  forget(id: string): void
}

export interface ApprovalLedgerPorts {
  log: Pick<TransparencyLog, 'entry' | 'size'>
  /** where the database says that the approval was requested: only a hint where to begin, for approvals of an earlier run */
  firstIndexOf(id: string): Promise<number | undefined>
}

export function createApprovalLedger(ports: ApprovalLedgerPorts): ApprovalLedger {
  const { log } = ports
  const known = new Map<string, number[]>()

  /** Once for each approval that outlived a restart: from its request to the end of the log. */
  async function findIn(id: string): Promise<number[]> {
    const found: number[] = []
    const first = await ports.firstIndexOf(id)
    if (first === undefined || first < 0) return found
    for (let index = first; index < log.size; index += 1) {
      const bytes = Buffer.from(await log.entry(index))
      if (bytes.includes(id) && isAbout(id, parse(bytes))) found.push(index)
      // only the very first entry is its request, so that nothing before it was left out
      if (found.length === 0) return found
    }
    return found
  }

  return {
    requested(id, index) {
      known.set(id, [index])
    },
    add(id, index) {
      known.get(id)?.push(index)
    },
    async requestedDigest(id) {
      const index = known.get(id)?.[0] ?? (await ports.firstIndexOf(id))
      if (index === undefined || index < 0 || index >= log.size) return undefined
      const entry = parse(await log.entry(index))
      return entry.kind === 'approval.requested' && entry.approval === id ? entry.digest : undefined
    },
    async entries(id) {
      const indexes = known.get(id) ?? (await findIn(id))
      if (indexes.length > 0) known.set(id, indexes)
      return Promise.all(indexes.map(async (index) => parse(await log.entry(index))))
    },
    forget(id) {
      known.delete(id)
    },
  }
}

const parse = (bytes: Uint8Array): LogEntry => logEntry.parse(JSON.parse(Buffer.from(bytes).toString()))

const isAbout = (id: string, entry: LogEntry): boolean =>
  (entry.kind === 'approval.requested' ||
    entry.kind === 'approval.vote' ||
    entry.kind === 'approval.reported' ||
    entry.kind === 'approval.settled' ||
    entry.kind === 'break-glass.used') &&
  entry.approval === id
