import type { AddedMasks } from '../../src-core/masking/added-masks.ts'
import type { Masking } from '../../src-core/masking/load-masking.ts'
import type { Message } from '../../src-core/json/parse-message.ts'
import { hasContent } from '../../src-core/policy/protocol-methods.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'

/** What rules of the policy mask in what a server sends, beside the masking document. */
export interface AnswerMasks {
  /** in what belongs to the request of the exchange */
  own: AddedMasks | undefined
  /** in answers to another one (a stream that was taken up again): nobody knows which, so what any rule masks on the connection */
  foreign: AddedMasks | undefined
}

const offers: ReadonlySet<string> = new Set([
  'initialize',
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
])

export function answerMasks(ports: ExchangePorts, { request, session }: Exchange): AnswerMasks {
  const foreign = ports.inForce().policy.masksOn(session.connection)
  if (request !== undefined && hasContent(request.method)) return { own: request.masks, foreign }
  // what the server offers is no answer to a call; what a task or a stream brings may be one to any call that went before
  return { own: request !== undefined && offers.has(request.method) ? undefined : foreign, foreign }
}

/** An answer to another request than the one that is open in this exchange. */
export const isForeign = ({ request }: Exchange, { kind, id }: Pick<Message, 'kind' | 'id'>): boolean =>
  kind === 'response' && (request === undefined || id !== request.id)

/**
 * The masking of a message of the server.
 * @throws AppError MESSAGE_UNMASKABLE
 */
export function maskingOf(ports: ExchangePorts, exchange: Exchange, foreign: boolean): Masking {
  const { masking } = ports.inForce()
  const masks = answerMasks(ports, exchange)
  const added = foreign ? masks.foreign : masks.own
  return added ? masking.adding(added) : masking
}
