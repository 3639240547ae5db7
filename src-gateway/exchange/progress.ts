import type { JsonObject } from '../../src-core/json/json-value.ts'
import type { Message } from '../../src-core/json/parse-message.ts'
import type { Exchange, OpenRequest } from './exchange.ts'

const step = 0.001

/** how far the gateway's own progress of a call has come */
export interface HeldProgress {
  progressOffset: number
  request?: Pick<OpenRequest, 'progressToken'> | undefined
}

/** The gateway's own progress while a call is held: small rising values, so that what the server reports later still rises. */
export function waitingProgress(exchange: Exchange, text: string): string | undefined {
  const token = exchange.request?.progressToken
  if (token === undefined) return undefined
  exchange.progressOffset = Number((exchange.progressOffset + step).toFixed(3))
  const params = { progressToken: token, progress: exchange.progressOffset, message: text }
  return JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })
}

/** Moves the server's progress behind ours: clients may refuse a value that falls. Any other message stays as it is. */
export function continueProgress(exchange: HeldProgress, message: Message, text: string): string {
  const offset = exchange.progressOffset
  if (offset === 0 || message.method !== 'notifications/progress') return text
  const { progressToken, progress, total } = message.params ?? {}
  if (progressToken !== exchange.request?.progressToken || typeof progress !== 'number') return text
  const moved: JsonObject = { ...message.params, progress: progress + offset }
  if (typeof total === 'number') moved['total'] = total + offset
  return JSON.stringify({ ...(JSON.parse(text) as JsonObject), params: moved })
}
