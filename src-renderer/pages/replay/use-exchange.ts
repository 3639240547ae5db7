import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import { sessionRecord, type ApprovalRecord, type MessageRecord, type SessionRecord } from '../../../src-protocol/recording.ts'
import { desktop } from '../../api/desktop.ts'
import { exchangeRows, kindOf, type Timeline } from './timeline.ts'

/** A stored line as it is, and what it says if it is a well-formed record. */
export interface StoredRecord {
  seq: number
  line: string
  /** hash of the line in the session's tree, in hexadecimal */
  leaf: string
  record: SessionRecord | undefined
}

/** A record with what belongs to it: the request it answers, and who decided. */
export interface Exchange {
  shown: StoredRecord
  request: (StoredRecord & { record: MessageRecord }) | undefined
  approvals: readonly ApprovalRecord[]
}

/** Records read for one exchange; a request with thousands of progress notifications is cut. */
const mostRelated = 40

/** Loads one row's record and its exchange. The last one stays until the next has come, so that playing does not flicker. */
export function useExchange(session: SessionId, timeline: Timeline, row: number): UseQueryResult<Exchange, AppError> {
  const seq = row < timeline.count ? row : undefined
  return useQuery<Exchange, AppError>({
    queryKey: ['replay-exchange', session, seq],
    queryFn: () => loadExchange(session, timeline, row),
    enabled: seq !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  })
}

async function loadExchange(session: SessionId, timeline: Timeline, row: number): Promise<Exchange> {
  const wanted = new Set([row])
  for (const related of exchangeRows(timeline, row)) {
    const kind = kindOf(timeline, related)
    if (wanted.size < mostRelated && (kind === 'request' || kind === 'approval')) wanted.add(related)
  }
  const records = await Promise.all([...wanted].map((at) => loadRecord(session, at)))
  const [shown] = records
  if (!shown) throw new Error('An exchange has at least the record that was asked for.')
  return {
    shown,
    request: records.find(isRequest),
    approvals: records
      .map(({ record }) => record)
      .filter((record) => record?.kind === 'approval')
      .sort((a, b) => a.seq - b.seq),
  }
}

async function loadRecord(session: SessionId, seq: number): Promise<StoredRecord> {
  const { line, leaf } = await desktop.invoke('library:record', { session, seq })
  return { seq, line, leaf, record: parseRecord(line) }
}

/** The line is hostile until the schema has accepted it. */
function parseRecord(line: string): SessionRecord | undefined {
  try {
    return sessionRecord.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

function isRequest(stored: StoredRecord): stored is StoredRecord & { record: MessageRecord } {
  return stored.record?.kind === 'request'
}
