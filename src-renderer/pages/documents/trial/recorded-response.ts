import { z } from 'zod'
import type { ReplayRow } from '../../../../src-protocol/desktop-library.ts'

/** What one can choose to try masking on: the newest answers first. */
export const answersOf = (rows: readonly ReplayRow[]): ReplayRow[] =>
  rows.filter(({ kind, direction }) => kind === 'response' && direction === 'server').toReversed()

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
