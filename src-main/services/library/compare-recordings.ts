import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import type { ComparisonRequest } from '../../../src-protocol/library-comparison.ts'
import { createCallKeys } from '../../../src-core/recording/call-keys.ts'
import { callsOf, compareCalls, type KeyedCalls } from '../../../src-core/recording/compare-calls.ts'
import { readRow, type StoredRecording, type StoredRecordings } from './stored-recordings.ts'

/** Of records that were checked when they were kept, only what is compared: a session may have 100,000 calls. */
function readRequest(line: Buffer | undefined): { method: string; tool: string; body: string } | undefined {
  try {
    const { method, tool = '', body } = JSON.parse(String(line)) as Record<string, unknown>
    return typeof method === 'string' && typeof tool === 'string' && typeof body === 'string' ? { method, tool, body } : undefined
  } catch {
    return undefined
  }
}

/**
 * Two recordings call by call. The calls are known from the columns of the replay; of the records only theirs are read, one after the other, and only a hash
 * of each is kept: the whole of neither recording is ever in memory.
 * @throws AppError NOT_FOUND
 */
export function compareRecordings(recordings: StoredRecordings, request: ComparisonRequest): DesktopOutput<'library:compare'> {
  const keyOf = createCallKeys(request.ignoreValues)
  const keyed = (recording: StoredRecording, side: number): KeyedCalls => {
    const calls = callsOf(recordings.columns(recording.session))
    const keys = calls.seqs.map((seq) => {
      const request = readRequest(recordings.line(recording, seq))
      // what is no record any more is like nothing else; the proof tells that it was changed
      return request ? keyOf(request) : -1 - 2 * seq - side
    })
    return { ...calls, keys }
  }
  const [left, right] = [recordings.get(request.left), recordings.get(request.right)]
  return { left: readRow(left), right: readRow(right), pairs: compareCalls(keyed(left, 0), keyed(right, 1)) }
}
