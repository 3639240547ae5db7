import type { RequestId } from '../json/parse-message.ts'
import type { Masking } from './load-masking.ts'
import { maskParsed, maskText, type MaskResult, type MaskTarget } from './mask-message.ts'

export interface MaskedRpc extends MaskResult {
  /** only if something in a name was masked */
  names?: MaskedNames
}

/** What a message is called, as it may be shown. */
export interface MaskedNames {
  id?: RequestId | null
  method?: string
  tool?: string
  /** the text with the id as it came, where that was masked */
  delivered?: string
}

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
 * Masks a JSON-RPC message. Whoever waits for an answer knows it by its id, which is mostly their own: so an id is delivered as it is. A text
 * that masking would hit is masked in what is recorded.
 * @throws AppError MESSAGE_UNMASKABLE
 */
export function maskRpc(masking: Masking, text: string, target: MaskTarget, id?: RequestId | null): MaskedRpc {
  let masked: MaskedRpc = maskParsed(masking, text, target)
  const idToo = typeof id === 'string' && isSensitive(masking, id, target)
  if (!idToo && !masked.masks.some(({ path }) => namePaths.has(path))) return masked
  const delivered = idToo ? masked.text : undefined
  if (idToo) masked = maskParsed(masking, text, { ...target, idsToo: true })
  const named = JSON.parse(masked.text) as { id?: RequestId | null; method?: string; params?: { name?: string } }
  masked.names = {
    ...(named.id !== undefined && { id: named.id }),
    ...(named.method !== undefined && { method: named.method }),
    ...(named.params?.name !== undefined && { tool: named.params.name }),
    ...(delivered !== undefined && { delivered }),
  }
  return masked
}
