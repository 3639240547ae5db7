import type { MessageFacts } from './message-facts.ts'
import type { HeaderMap } from '../src-protocol/tunnel.ts'

const firstStatelessRevision = '2026-07-28'

/** From 2026-07-28 on there are no sessions, and the end of a stream is a cancellation. The gateway saw that header and body agree. */
export const isStateless = (headers: HeaderMap, facts?: MessageFacts): boolean =>
  (headers['mcp-protocol-version'] ?? '') >= firstStatelessRevision || (facts?.kind === 'request' && facts.revision !== undefined)
