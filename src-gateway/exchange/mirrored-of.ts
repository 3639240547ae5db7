import type { JsonObject } from '../../src-core/json/json-value.ts'
import { mirroredArguments, type MirroredArgument } from '../../src-core/mcp/mirrored-arguments.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'
import { unlistedTool } from './tool-definitions.ts'

/** The arguments that a client repeats in headers: as the tool was listed in this session, else as it is pinned for the connection. */
export function mirroredOf(
  ports: ExchangePorts,
  { session, head }: Exchange,
  tool: string | undefined,
): readonly MirroredArgument[] | undefined {
  if (tool === undefined) return undefined
  const own = session.tools.of(tool)
  if (own !== unlistedTool || !Object.keys(head.headers).some((name) => name.startsWith('mcp-param-'))) return own.mirrored
  const pin = ports.tools.of(session.connection).pin(tool)
  return pin && mirroredArguments((JSON.parse(pin.definition) as JsonObject)['inputSchema'])
}
