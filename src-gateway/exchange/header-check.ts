import { isJsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
import type { Message } from '../../src-core/json/parse-message.ts'
import { decodeHeader, namedBy, protocolVersionKey } from '../../src-core/mcp/repeated-headers.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { isStateless } from './exchange.ts'
import type { MirroredArgument } from '../../src-core/mcp/mirrored-arguments.ts'

const decimal = /^-?\d+(?:\.\d+)?$/

/**
 * What is wrong with the headers that repeat the body (MCP 2026-07-28). The gateway decides on the body; a server, or anything before
 * it, that believed a header would run something else than what was decided. So what is there must agree in every revision; what must be
 * there is asked of requests that claim the stateless revision in their body. Whether that claim is complete is the server's to judge.
 */
export function headerProblem(
  headers: Record<string, string>,
  message: Message,
  mirrored: readonly MirroredArgument[] = [],
): AppError | undefined {
  const { method, params } = message
  if (!isJsonInUtf8(headers['content-type'])) return new AppError('CONTENT_TYPE_REFUSED')
  const meta = params?.['_meta']
  const claimed = isJsonObject(meta) ? meta[protocolVersionKey] : undefined
  const version = headers['mcp-protocol-version']
  if (version !== undefined && typeof claimed === 'string' && version !== claimed) return mismatch('MCP-Protocol-Version')
  const mustRepeat = message.kind === 'request' && typeof claimed === 'string' && isStateless({ 'mcp-protocol-version': claimed })
  if (mustRepeat && version === undefined) return missing('MCP-Protocol-Version')

  const methodHeader = headers['mcp-method']
  if (methodHeader !== undefined && methodHeader !== method) return mismatch('Mcp-Method')
  if (mustRepeat && methodHeader === undefined) return missing('Mcp-Method')

  const name = headers['mcp-name']
  const named = params?.[namedBy[method ?? ''] ?? 'name']
  if (name === undefined) {
    if (mustRepeat && method !== undefined && method in namedBy && typeof named === 'string') return missing('Mcp-Name')
  } else if (typeof named === 'string' && decodeHeader(name) !== named) return mismatch('Mcp-Name')

  return method === 'tools/call' ? argumentProblem(headers, params?.['arguments'], mirrored, mustRepeat) : undefined
}

/**
 * A server decodes a body as its header says: in another encoding (UTF-7 …) the same bytes would be another message than the one that was
 * decided about.
 */
const isJsonInUtf8 = (type: string | undefined): boolean =>
  type === undefined || type === 'application/json' || /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-?8|"utf-?8")[ \t]*)?$/i.test(type)

/** The headers `Mcp-Param-*` that say what the body says. Any other one has nothing to be compared with, and must not reach the server. */
export function verifiedParams(message: Message, mirrored: readonly MirroredArgument[] = []): ReadonlySet<string> {
  if (message.method !== 'tools/call') return none
  const args = message.params?.['arguments']
  const compared = mirrored.filter(({ path }) => isComparable(valueAt(args, path)))
  return compared.length === 0 ? none : new Set(compared.map(({ header }) => `mcp-param-${header}`.toLowerCase()))
}
const none: ReadonlySet<string> = new Set()

const valueAt = (args: JsonValue | undefined, path: readonly string[]): JsonValue | undefined =>
  path.reduce<JsonValue | undefined>((node, key) => (isJsonObject(node) ? node[key] : undefined), args)

const isComparable = (value: JsonValue | undefined): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

function argumentProblem(
  headers: Record<string, string>,
  args: JsonValue | undefined,
  mirrored: readonly MirroredArgument[],
  mustRepeat: boolean,
): AppError | undefined {
  for (const { path, header } of mirrored) {
    const name = `Mcp-Param-${header}`
    const value = valueAt(args, path)
    if (!isComparable(value)) continue
    const given = headers[name.toLowerCase()]
    if (given === undefined) {
      if (mustRepeat) return missing(name)
      continue
    }
    const decoded = decodeHeader(given)
    const same =
      typeof value === 'number' ? decoded !== undefined && decimal.test(decoded) && Number(decoded) === value : decoded === String(value)
    if (!same) return mismatch(name)
  }
  return undefined
}

const mismatch = (header: string): AppError => new AppError('HEADER_MISMATCH', { header })
const missing = (header: string): AppError => new AppError('HEADER_MISSING', { header })
