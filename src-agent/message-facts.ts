import { createTopLevelScan, type TopLevelScan } from '../src-node/top-level-scan.ts'

/**
 * All that the agent has to know about a JSON-RPC message to route it. It decides nothing by content: that is the gateway's part,
 * which parses strictly. The bytes themselves travel on as they are.
 */
export type MessageFacts =
  | {
      kind: 'request'
      method: string
      id: string | number
      key: MessageKey
      progress: MessageKey | undefined
      /** what the stateless revision needs in `_meta` and is not there */
      missing: string[]
      /** what `_meta` says about the revision, as requests without a session do, be it one that nobody knows */
      revision: string | undefined
    }
  | {
      kind: 'notification'
      method: string
      /** whose progress this tells */
      progress: MessageKey | undefined
      /** which request it cancels */
      cancels: MessageKey | undefined
      /** which `subscriptions/listen` it belongs to */
      subscription: MessageKey | undefined
    }
  | { kind: 'response'; key: MessageKey; failed: boolean; code: number | undefined }

/** A request id or progress token: the number 1 and the string "1" are two different ones. */
export type MessageKey = `n:${number}` | `s:${string}`

const protocolVersion = 'io.modelcontextprotocol/protocolVersion'
const clientCapabilities = 'io.modelcontextprotocol/clientCapabilities'
const subscriptionId = 'io.modelcontextprotocol/subscriptionId'

const scanned = new Set(['jsonrpc', 'id', 'method'])

/** For `readScannedFacts`. */
export const scanMessage = (): TopLevelScan => createTopLevelScan(scanned)

/** The facts of a large response, without parsing it. Whether its inside is JSON the gateway finds out. `undefined`: it is no response. */
export function readScannedFacts(scan: TopLevelScan): Extract<MessageFacts, { kind: 'response' }> | undefined {
  if (!scan.complete || scan.has('method') || scan.value('jsonrpc') !== '2.0') return undefined
  const key = keyOf(scan.value('id'))
  const failed = scan.has('error')
  return key === undefined || failed === scan.has('result') ? undefined : { kind: 'response', key, failed, code: undefined }
}

/** `undefined`: not one JSON-RPC 2.0 message. Also for a response whose id is null: it answers nobody. */
export function readMessageFacts(bytes: Uint8Array): MessageFacts | undefined {
  const message = parse(bytes)
  if (!isObject(message) || message['jsonrpc'] !== '2.0') return undefined
  const { method, id } = message
  const key = keyOf(id)
  if (typeof method === 'string') {
    const params = isObject(message['params']) ? message['params'] : {}
    const meta = isObject(params['_meta']) ? params['_meta'] : {}
    if ('id' in message) {
      if (key === undefined) return undefined
      return {
        kind: 'request',
        method,
        id: id as string | number,
        key,
        progress: keyOf(meta['progressToken']),
        missing: missingFrom(meta),
        revision: revisionOf(meta),
      }
    }
    return {
      kind: 'notification',
      method,
      progress: method === 'notifications/progress' ? keyOf(params['progressToken']) : undefined,
      cancels: method === 'notifications/cancelled' ? keyOf(params['requestId']) : undefined,
      subscription: keyOf(meta[subscriptionId]),
    }
  }
  const failed = 'error' in message
  if (key === undefined || method !== undefined || failed === 'result' in message) return undefined
  const code = isObject(message['error']) ? message['error']['code'] : undefined
  return { kind: 'response', key, failed, code: typeof code === 'number' ? code : undefined }
}

function revisionOf({ [protocolVersion]: revision }: Record<string, unknown>): string | undefined {
  return typeof revision === 'string' ? revision : undefined
}

function missingFrom(meta: Record<string, unknown>): string[] {
  const missing: string[] = []
  if (typeof meta[protocolVersion] !== 'string') missing.push(protocolVersion)
  if (!isObject(meta[clientCapabilities])) missing.push(clientCapabilities)
  return missing
}

function keyOf(value: unknown): MessageKey | undefined {
  if (typeof value === 'number') return `n:${value}`
  return typeof value === 'string' ? `s:${value}` : undefined
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
