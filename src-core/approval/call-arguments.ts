import { createHmac } from 'node:crypto'
import type { JsonObject } from '../json/json-value.ts'
import type { Message } from '../json/parse-message.ts'

/** What is bound and shown apart, and what belongs to the transport and differs from try to try. */
const besides = new Set(['name', '_meta'])
const encoder = new TextEncoder()

/**
 * Whether the call brings more than its arguments: answers to the server's questions (MCP 2026-07-28), a task. The server acts on them as
 * on the arguments, so they too are shown, hashed and signed.
 */
export const hasMoreThanArguments = (params: JsonObject | undefined): boolean =>
  Object.keys(params ?? {}).some((name) => name !== 'arguments' && !besides.has(name))

/** Everything that the call brings, where that is more than its arguments. */
export const decidedText = (params: JsonObject | undefined): string =>
  JSON.stringify(Object.fromEntries(Object.entries(params ?? {}).filter(([name]) => !besides.has(name))))

/**
 * What an approval is about, of a message and its bytes: the exact bytes of `params.arguments`; of a call that brings more, all of that as
 * JSON. Gateway and agent both take it from here.
 */
export function decidedBytes({ params, argumentsSpan: span }: Message, bytes: Uint8Array): Uint8Array {
  if (hasMoreThanArguments(params)) return encoder.encode(decidedText(params))
  return span ? bytes.subarray(span.start, span.end) : new Uint8Array()
}

/**
 * The key under which one approval's arguments are hashed. Whoever has it can try what the arguments were, so that only the agent is
 * given it, which sees them anyway; it tells nothing about other approvals and about the salt.
 */
export const argumentsKeyOf = (salt: Uint8Array, nonce: string): string =>
  createHmac('sha256', salt).update(`gatehouse approval arguments ${nonce}`).digest('hex')

/** `key`: always 64 hexadecimal digits. HMAC pads shorter keys, so that keys of several lengths could mean the same. */
export const argumentsHashOf = (key: string, bytes: Uint8Array): string =>
  createHmac('sha256', Buffer.from(key, 'hex')).update(bytes).digest('hex')
