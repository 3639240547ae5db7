import type { RequestId } from '../../src-core/json/parse-message.ts'
import type { Masking } from '../../src-core/masking/load-masking.ts'
import type { AppError } from '../../src-protocol/app-error.ts'
import type { ErrorCode } from '../../src-protocol/errors.ts'
import type { OpenRequest } from './exchange.ts'

/** JSON-RPC 2.0 and MCP 2026-07-28 name these; everything else of ours is -32001 with our own code in `data`. */
export const jsonRpcNumbers: Partial<Record<ErrorCode, number>> = {
  MESSAGE_NOT_JSON: -32700,
  MESSAGE_NOT_JSONRPC: -32600,
  MESSAGE_DUPLICATE_KEY: -32600,
  MESSAGE_NUMBER_UNSAFE: -32600,
  MESSAGE_TOO_DEEP: -32600,
  MESSAGE_BATCH: -32600,
  BODY_TOO_LARGE: -32600,
  HEADER_MISMATCH: -32020,
  HEADER_MISSING: -32020,
  TOOL_UNKNOWN: -32602,
}

/**
 * An error as a JSON-RPC response: the code to decide by, what happened, and what to do about it.
 * @param data may have another `remedy`
 */
export function rpcError(id: RequestId | null, error: AppError, data: Record<string, unknown> & { remedy?: string } = {}): string {
  const { remedy = error.remedy } = data
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    error: {
      code: jsonRpcNumbers[error.code] ?? -32001,
      message: `${error.message} ${remedy}`,
      data: { code: error.code, remedy, ...data },
    },
  })
}

/** Which rule of the masking document withheld a message, by which version of it, and its sentence; nothing of any other error. */
export const blockedBy = ({ code, data }: AppError, { version }: Masking): Record<string, unknown> =>
  code === 'MESSAGE_BLOCKED' ? { rule: data['rule'], maskingVersion: version, because: data['because'] } : {}

/**
 * What a tools/call gets instead of a result. It is marked as an error although the protocol worked: the model then reads the text,
 * and a client does not look for the structured content that the tool promises.
 */
export function toolRefusal(request: OpenRequest, text: string, meta: Record<string, unknown>): string {
  return JSON.stringify({
    jsonrpc: '2.0',
    id: request.id,
    result: {
      ...(request.stateless && { resultType: 'complete' }),
      content: [{ type: 'text', text }],
      isError: true,
      _meta: Object.fromEntries(Object.entries(meta).map(([name, value]) => [`gatehouse/${name}`, value])),
    },
  })
}
