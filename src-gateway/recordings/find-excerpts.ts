import { createExcerptFinder } from '../../src-core/recording/find-excerpt.ts'
import { parseRecordLine } from '../../src-core/recording/record-lines.ts'
import { readRecordingLines } from '../../src-node/read-recording-lines.ts'
import type { RecordingExcerpt } from '../../src-protocol/recording-search.ts'

const mostExcerpts = 3

/** Where a recording says what is searched for: the records with the most of the words, in their order. What is shown comes from the recording. */
export async function findExcerpts(file: string, text: string): Promise<RecordingExcerpt[]> {
  const find = createExcerptFinder(text)
  if (!find) return []
  const best: { excerpt: RecordingExcerpt; words: number }[] = []
  for await (const line of readRecordingLines(file)) {
    const parsed = parseRecordLine(line)
    if (!parsed.ok) continue
    const { record } = parsed
    const said =
      'body' in record
        ? { subject: record.tool ?? record.method, found: find(record.body) }
        : record.kind === 'error'
          ? { subject: record.tool ?? record.code, found: find(record.message) }
          : record.kind === 'open'
            ? { subject: 'reason', found: find(record.reason) }
            : undefined
    if (!said?.found) continue
    best.push({ excerpt: { seq: record.seq, at: record.at, subject: said.subject, parts: said.found.parts }, words: said.found.words })
    best.sort((one, other) => other.words - one.words || one.excerpt.seq - other.excerpt.seq)
    best.length = Math.min(best.length, mostExcerpts)
  }
  return best.map(({ excerpt }) => excerpt).toSorted((one, other) => one.seq - other.seq)
}
