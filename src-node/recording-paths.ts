import { join } from 'node:path'

/** Where a recording lies: see recording-store.ts. */
export interface RecordingPaths {
  open: string
  folder: string
  finished: string
  compressed: string
  /** while it is being compressed; a name that no recording has */
  temporary: string
}

/** What a compressed recording is called. */
const compressedEnding = '.jsonl.zst'

export function recordingPaths(folder: string, session: string): RecordingPaths {
  const own = join(folder, session.slice('ses_'.length, 'ses_'.length + 2))
  return {
    open: join(folder, 'open', `${session}.jsonl`),
    folder: own,
    finished: join(own, `${session}.jsonl`),
    compressed: join(own, `${session}${compressedEnding}`),
    temporary: join(own, `new-${session}${compressedEnding}`),
  }
}

export const isCompressed = (path: string): boolean => path.endsWith(compressedEnding)
