import { createFrontier } from '../src-core/log/merkle-frontier.ts'
import { hexOf } from '../src-core/log/merkle-hash.ts'
import { recordLeaf } from '../src-core/recording/record-leaf.ts'
import { readRecordingLines } from './read-recording-lines.ts'
import type { RecordedSoFar } from './recording-writer.ts'

/**
 * Whether a recording is, to the last byte, what the log says, however it is stored. Memory does not grow with it.
 * @throws what the system says
 */
export async function isRecordingOf(
  path: string,
  { count, root }: RecordedSoFar,
  onLine: (line: Uint8Array) => void = () => {},
): Promise<boolean> {
  const frontier = createFrontier()
  const lines = readRecordingLines(path)
  for (;;) {
    const { done, value } = await lines.next()
    if (done) return value === 'whole' && frontier.size === count && hexOf(frontier.root()) === root
    frontier.append(recordLeaf(value))
    onLine(value)
    if (frontier.size > count) return false
  }
}
