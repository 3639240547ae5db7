import { createHash } from 'node:crypto'
import type { Approval } from '../../src-protocol/model.ts'

/**
 * SHA-256 (hex) of what a reviewer is shown of a request: who asks and why, arguments, warnings, what the parser found, the calls before and
 * what became of similar ones. It is part of the digest, and so of the log: whoever writes to the database cannot show anybody another request.
 */
export function shownHash(approval: Approval): string {
  const shown = Object.entries(approval).filter(([name]) => !besides.has(name))
  return createHash('sha256')
    .update(JSON.stringify(inOrder(Object.fromEntries(shown))))
    .digest('hex')
}

/** What changes after the request, and what the digest holds by itself. */
const besides = new Set<string>([
  'digest',
  'digestInput',
  'state',
  'votes',
  'runBy',
  'executedAt',
  'voidReason',
  'reported',
  'brokeGlass',
] satisfies (keyof Approval)[])

/** Not RFC 8785, which has no text for half a surrogate pair: a server's text may hold one. JSON.stringify writes it as an escape. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  return entries.toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([name, member]) => [name, inOrder(member)])
}
