/**
 * How a link is begun and resumed: a header of the WebSocket's upgrade request, and of its answer.
 *
 *     Gatehouse-Link: new                              asks for a link
 *     Gatehouse-Link: ID; received=N                   asks to go on: N messages of this link have been handled here
 *     Gatehouse-Link: ID; received=N; grace=SECONDS    the answer: with the ID that was offered it goes on; with another one this is a new link
 *
 * The ID is chosen by the gateway, cannot be guessed, and counts only for the sign-in or the agent that it was given to. Without the
 * header the connection ends with its WebSocket.
 */
import { z } from 'zod'

export const linkHeader = 'gatehouse-link'

const count = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
const offer = z.object({ id: z.string().min(1), received: count })
const answer = offer.extend({ grace: count })

/** `undefined` id: a new link is wanted. */
export type LinkOffer = z.infer<typeof offer> | { id: undefined }
/** `grace`: for how many seconds the gateway keeps the link without a WebSocket */
export type LinkAnswer = z.infer<typeof answer>

export const writeLinkOffer = (wanted: LinkOffer): string => (wanted.id === undefined ? 'new' : `${wanted.id}; received=${wanted.received}`)
export const writeLinkAnswer = ({ id, received, grace }: LinkAnswer): string => `${id}; received=${received}; grace=${grace}`

/** `undefined`: it is not one */
export function readLinkOffer(header: string): LinkOffer | undefined {
  if (header === 'new') return { id: undefined }
  return offer.safeParse(/^(?<id>\w{1,64}); received=(?<received>\d{1,16})$/.exec(header)?.groups).data
}

/** `undefined`: it is not one */
export function readLinkAnswer(header: string): LinkAnswer | undefined {
  return answer.safeParse(/^(?<id>\w{1,64}); received=(?<received>\d{1,16}); grace=(?<grace>\d{1,9})$/.exec(header)?.groups).data
}
