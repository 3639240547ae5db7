import { hash } from 'node:crypto'
import type { Message } from '../../src-core/json/parse-message.ts'
import type { Masking } from '../../src-core/masking/load-masking.ts'
import { maximumLineBytes } from '../../src-core/recording/record-lines.ts'
import { createTag } from '../../src-core/masking/create-tag.ts'
import { maskRpc, type MaskedNames, type MessageNames } from '../../src-core/masking/mask-rpc.ts'
import type { MaskApplied } from '../../src-protocol/model.ts'
import type { Exempted, MessageRecord, RecordedMedia } from '../../src-protocol/recording.ts'
import type { MessageHead } from '../../src-protocol/tunnel.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangePorts } from './exchange-ports.ts'

export type MessageRecordDraft = Omit<MessageRecord, 'v' | 'seq' | 'at'>

/** A message after masking: what is recorded, and towards the client also what is delivered. */
export interface MaskedMessage {
  text: string
  bytes: Uint8Array
  masks: MaskApplied[]
  maskingVersion: string
  /** if something in them was masked */
  names?: MaskedNames
  /** what goes to the client, if that differs from `bytes`: never recorded */
  delivered?: Uint8Array
  /** the rules that are not applied to `delivered` */
  exempted?: Exempted[]
  /** what the client gets and the recording only knows by type, size and hash */
  media?: RecordedMedia[]
  mediaMore?: number
  /** of a large message: made beside the event loop, with its record's `body` as a JSON string, and its line in the live list */
  prepared?: { body: Uint8Array; sha256: string; summary: string }
}

const encoder = new TextEncoder()

/**
 * Masks a message of the session's connection: JSON that was parsed, or that we made, and what it is known by. Where nothing was masked `bytes` are the original ones.
 * @throws AppError MESSAGE_UNMASKABLE, and unless the gateway made the message MESSAGE_BLOCKED
 */
export function maskFor(
  masking: Masking,
  exchange: Exchange,
  text: string,
  tool?: string,
  original?: Uint8Array,
  names?: MessageNames,
  from: 'client' | 'server' | 'gateway' = 'gateway',
): MaskedMessage {
  const { connection, salt, person } = exchange.session
  const whose = from === 'gateway' ? { own: true } : { groups: person.groups, fromClient: from === 'client' }
  const masked = maskRpc(masking, text, { connection, tool, tag: createTag(salt), ...whose }, names)
  const bytes = original !== undefined && masked.text === text ? original : encoder.encode(masked.text)
  const message: MaskedMessage = { text: masked.text, bytes, masks: masked.masks, maskingVersion: masking.version }
  if (masked.names) message.names = masked.names
  if (masked.delivered !== undefined) {
    message.delivered = original !== undefined && masked.delivered === text ? original : encoder.encode(masked.delivered)
  }
  if (masked.exempted) message.exempted = masked.exempted
  if (masked.media) message.media = masked.media
  if (masked.mediaMore !== undefined) message.mediaMore = masked.mediaMore
  return message
}

/** A record is one line; escaped as JSON, a text at worst doubles. */
const safeBytes = (maximumLineBytes - 64 * 1024) / 2

/** Whether a recording can hold the message: what it cannot hold must not be delivered. */
export const isRecordable = (masked: MaskedMessage): boolean =>
  masked.prepared
    ? masked.prepared.body.length <= safeBytes * 2
    : masked.bytes.length <= safeBytes || Buffer.byteLength(JSON.stringify(masked.text)) <= safeBytes * 2

export interface RecordFacts {
  direction: 'client' | 'server'
  method: string
  tool?: string | undefined
  decision?: MessageRecord['decision']
  approval?: MessageRecord['approval']
  own?: true
  leftOut?: MessageRecord['leftOut']
  sse?: MessageHead
}

/** Method and tool as they may be shown. */
export function shownNames(
  { request }: Exchange,
  names: { method?: string | undefined; tool?: string | undefined },
): { method?: string; tool?: string } {
  const { shown } = request ?? {}
  const method = shown?.method !== undefined && names.method === request?.method ? shown.method : names.method
  const tool = shown?.tool !== undefined && names.tool === request?.tool ? shown.tool : names.tool
  return { ...(method !== undefined && { method }), ...(tool !== undefined && { tool }) }
}

const sseOf = ({ id, event }: MessageHead): MessageRecord['sse'] => ({
  ...(id !== undefined && { id }),
  ...(event !== undefined && { event }),
})

/** A server could name a hundred thousand; a record stays readable. */
const mostNamed = 2500

function leftOutColumns(leftOut: NonNullable<MessageRecord['leftOut']>): Pick<MessageRecordDraft, 'leftOut' | 'leftOutMore'> {
  const more = leftOut.length - mostNamed
  return more > 0 ? { leftOut: leftOut.slice(0, mostNamed), leftOutMore: more } : { leftOut }
}

/** Length and hash are those of the masked bytes: the recording holds nothing from which a masked value could be guessed. */
export function messageRecord(exchange: Exchange, message: Message, masked: MaskedMessage, facts: RecordFacts): MessageRecordDraft {
  const { names } = masked
  const { method = facts.method, tool } = exchange.request?.shown ? shownNames(exchange, facts) : facts
  return {
    kind: message.kind,
    direction: facts.direction,
    exchange: exchange.number,
    method: names?.method ?? method,
    ...(tool !== undefined && { tool: names?.tool ?? tool }),
    ...(message.id !== undefined && { id: names?.id ?? message.id }),
    ...(facts.sse && (facts.sse.id !== undefined || facts.sse.event !== undefined) && { sse: sseOf(facts.sse) }),
    body: masked.prepared ? '' : masked.text,
    bytes: masked.bytes.length,
    sha256: masked.prepared?.sha256 ?? hash('sha256', masked.bytes, 'hex'),
    ...(facts.decision && { decision: facts.decision }),
    maskingVersion: masked.maskingVersion,
    masks: masked.masks,
    ...(masked.exempted && { exempted: masked.exempted }),
    ...(masked.media && { media: masked.media }),
    ...(masked.mediaMore !== undefined && { mediaMore: masked.mediaMore }),
    ...(facts.approval !== undefined && { approval: facts.approval }),
    ...(facts.own && { own: facts.own }),
    ...(facts.leftOut && facts.leftOut.length > 0 && leftOutColumns(facts.leftOut)),
    ...(facts.direction === 'server' && exchange.stream.gone && { delivered: false as const }),
  }
}

/** Of what passes without a message, but with something that whoever gets it can read. */
export function bareRecord(
  ports: Pick<ExchangePorts, 'inForce'>,
  exchange: Exchange,
  { direction, method, sse }: Pick<RecordFacts, 'direction' | 'method' | 'sse'>,
): MessageRecordDraft {
  return {
    kind: 'notification',
    direction,
    exchange: exchange.number,
    method,
    ...(sse && (sse.id !== undefined || sse.event !== undefined) && { sse: sseOf(sse) }),
    body: '',
    bytes: 0,
    sha256: hash('sha256', '', 'hex'),
    maskingVersion: ports.inForce().masking.version,
    masks: [],
    ...(direction === 'server' && exchange.stream.gone && { delivered: false as const }),
  }
}
