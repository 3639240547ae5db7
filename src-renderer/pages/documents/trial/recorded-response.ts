import { z } from 'zod'
import { kindNames } from '../../../../src-core/recording/replay-columns.ts'
import type { Timeline } from '../../replay/timeline.ts'

/** What one can choose to try masking on: what the server answered, the newest first. `matches`: only these, a bit for each row. */
export function responsesOf(
  { count, kinds, served }: Pick<Timeline, 'count' | 'kinds' | 'served'>,
  matches: Uint8Array | undefined,
): Uint32Array {
  const found = new Uint32Array(count)
  let length = 0
  for (let row = count - 1; row >= 0; row -= 1) {
    if (kinds[row] !== response || served[row] !== 1) continue
    if (matches && !((matches[row >> 3] ?? 0) & (1 << (row & 7)))) continue
    found[length] = row
    length += 1
  }
  return found.slice(0, length)
}

const response = kindNames.indexOf('response')

const recordedMessage = z.object({ body: z.string(), tool: z.string().optional() })

/** The message of a stored line; undefined for what is none. */
export function messageOf(line: string): { body: string; tool?: string | undefined } | undefined {
  try {
    const read = recordedMessage.safeParse(JSON.parse(line))
    return read.success ? { ...read.data, body: indented(read.data.body) } : undefined
  } catch {
    return undefined
  }
}

/** As one can read it; a text that is no JSON stays as it is. */
function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2)
  } catch {
    return body
  }
}
