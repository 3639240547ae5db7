import type { Message, RequestId } from '../json/parse-message.ts'
import type { Exempted, RecordedMedia } from '../../src-protocol/recording.ts'
import type { Exemption, Masking } from './load-masking.ts'
import { mayHoldAddresses, mayHoldMedia } from './media-content.ts'
import { maskParsed, maskText, type MaskResult, type MaskTarget } from './mask-message.ts'
import { takeOutMedia } from './take-out-media.ts'

export interface MaskedRpc extends MaskResult {
  /** only if something in a name was masked */
  names?: MaskedNames
  /** what the client gets, where that is not the recorded text: with the id as it came, and without the rules that the person is exempt from */
  delivered?: string
  exempted?: Exempted[]
  /** what of it is recorded as type, size and hash: `text` does not have its bytes */
  media?: RecordedMedia[]
  mediaMore?: number
}

export interface RpcTarget extends MaskTarget {
  /** whose session it is; for messages that some rules may not apply to */
  groups?: readonly string[] | undefined
  /** the message is the client's own: it goes to the server as it is */
  fromClient?: boolean | undefined
}

/** What a message is called, as it may be shown. */
export interface MaskedNames {
  id?: RequestId | null
  method?: string
  tool?: string
}

/** The parsed message: by what somebody who waits for it, or for what it is about, knows it, and whether it may hold what is no text. */
export type MessageNames = Pick<Message, 'id' | 'method' | 'params' | 'result'>

const aboutCalls = new Map([
  ['notifications/progress', 'progressToken'],
  ['notifications/cancelled', 'requestId'],
])

const namePaths = new Set(['/method', '/params/name'])
/** random by definition; the digits of about one in a thousand look like something else */
const uuid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi

/** Whether a text that must not be changed holds what would be masked. Counters and ids that are only random do not. */
export function isSensitive(masking: Masking, text: string, target: MaskTarget): boolean {
  if (text.length < 5) return false
  const searched = text.replace(uuid, '')
  return searched.length >= 5 && maskText(masking, searched, target).masks.length > 0
}

/**
 * Masks a JSON-RPC message. Whoever waits for an answer knows it by its id, which is mostly their own: so an id is delivered as it is, and so
 * is what a notification about a call names it by. A text that masking would hit is masked in what is recorded. What is recorded is masked by
 * every rule, whoever is exempt, and without the bytes of images, sounds and other content that is no text.
 * @throws AppError MESSAGE_UNMASKABLE, MESSAGE_BLOCKED
 */
export function maskRpc(masking: Masking, text: string, target: RpcTarget, names: MessageNames = {}): MaskedRpc {
  const exemption = target.groups && masking.exemptionFor(target.groups)
  const masked = maskRules(masking, text, target, names, exemption)
  if (!mayHoldMedia(names, 'message') && (target.fromClient || !mayHoldAddresses(text))) return masked
  const taken = takeOutMedia(masking, masked.text, masked.delivered ?? masked.text, { ...target, exemption })
  if (!taken) return masked
  const exempted = [...(masked.exempted ?? []), ...taken.exempted]
  return {
    ...masked,
    text: taken.text,
    masks: [...masked.masks, ...taken.masks],
    ...(!target.fromClient && taken.delivered !== taken.text && { delivered: taken.delivered }),
    ...(exempted.length > 0 && { exempted }),
    media: taken.media,
    ...(taken.mediaMore > 0 && { mediaMore: taken.mediaMore }),
  }
}

function maskRules(masking: Masking, text: string, target: RpcTarget, names: MessageNames, exemption: Exemption | undefined): MaskedRpc {
  const about = names.method === undefined ? undefined : aboutCalls.get(names.method)
  const ids = about === undefined ? [names.id] : [names.id, names.params?.[about]]
  if (about !== undefined) target = { ...target, aboutCall: true }
  if (!exemption) return maskNamed(masking, text, target, ids)
  const masked = maskNamed(masking, text, { ...target, exemption }, ids)
  const exempted = exemptedOf(exemption, masked, target.fromClient === true)
  if (exempted.length === 0) return masked
  if (target.fromClient) return { ...masked, exempted }
  const delivered = maskParsed(masking, text, { ...target, exemption, delivered: true }).text
  // other rules may have masked the same values
  return delivered === (masked.delivered ?? masked.text) ? masked : { ...masked, delivered, exempted }
}

/** To a server its client's messages go as they are: there only what would have been blocked was let through by exemption. */
function exemptedOf({ rules }: Exemption, { masks }: MaskResult, blocksOnly: boolean): Exempted[] {
  const found = new Map<string, Exempted>()
  for (const { rule, count } of masks) {
    const exempt = rules.get(rule)
    if (!exempt || (blocksOnly && !exempt.blocks)) continue
    const known = found.get(rule)
    if (known) known.count += count
    else found.set(rule, { rule, group: exempt.group, count })
  }
  return [...found.values()]
}

function maskNamed(masking: Masking, text: string, target: MaskTarget, ids: readonly unknown[]): MaskedRpc {
  let masked: MaskedRpc = maskParsed(masking, text, target)
  const idToo = ids.some((id) => typeof id === 'string' && isSensitive(masking, id, target))
  if (!idToo && !masked.masks.some(({ path }) => namePaths.has(path))) return masked
  const delivered = idToo ? masked.text : undefined
  if (idToo) masked = maskParsed(masking, text, { ...target, idsToo: true })
  const named = JSON.parse(masked.text) as { id?: RequestId | null; method?: string; params?: { name?: string } }
  masked.names = {
    ...(named.id !== undefined && { id: named.id }),
    ...(named.method !== undefined && { method: named.method }),
    ...(named.params?.name !== undefined && { tool: named.params.name }),
  }
  if (delivered !== undefined) masked.delivered = delivered
  return masked
}
