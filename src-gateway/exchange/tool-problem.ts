import { whyHeld } from '../../src-core/mcp/tool-pin.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { isStateless, type Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { unlistedTool } from './tool-definitions.ts'

const sentences = {
  changed: 'its definition is another one than the one that was accepted',
  new: 'it is new on {connection}',
  rejected: 'an administrator has rejected it',
}

/**
 * Why a tool must not be called, whatever policy says: what it is called by must be what was seen and accepted (docs/decisions/0012).
 * A name that nobody ever listed passes only until the list was seen as a whole.
 */
export function toolProblem(ports: ExchangePorts, { session, head }: Exchange, tool: string): AppError | undefined {
  const { connection } = session
  const pins = ports.tools.of(connection)
  const pin = pins.pin(tool)
  if (!pin) {
    const listed = pins.isListed(isStateless(head.headers) ? 'stateless' : 'stateful')
    return listed ? new AppError('TOOL_UNKNOWN', { tool: named(tool), connection }) : undefined
  }
  const why = whyHeld(pin)
  if (why)
    return new AppError('TOOL_CHANGED', { tool: named(tool), connection, problem: sentences[why].replace('{connection}', connection) })
  const own = session.tools.of(tool)
  if (own === unlistedTool || pins.isSame(pin, own.hash)) return undefined
  return new AppError('TOOL_CHANGED', { tool: named(tool), connection, problem: sentences.changed })
}

/** Names come from outside; a sentence must not break or turn round because of them. */
const named = (tool: string): string => tool.slice(0, 100).replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '\ufffd')
