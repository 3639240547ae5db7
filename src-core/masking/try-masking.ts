import { randomBytes } from 'node:crypto'
import { AppError } from '../../src-protocol/app-error.ts'
import type { MaskingTrial, MaskingTrialResult } from '../../src-protocol/masking-trial.ts'
import { isJsonObject, type JsonValue } from '../json/json-value.ts'
import { createTag } from './create-tag.ts'
import { loadMasking, type Masking } from './load-masking.ts'
import { mayHoldAddresses, mayHoldMedia } from './media-content.ts'
import { maskMessage, maskText, type MaskTarget } from './mask-message.ts'
import { takeOutMedia } from './take-out-media.ts'

/** What the document does to a response, by the functions that do it in the gateway, for a person whom no rule exempts. */
export function tryMasking({ document, text, connection, tool }: MaskingTrial): MaskingTrialResult {
  const loaded = loadMasking(document)
  if (!loaded.ok) {
    const [first] = loaded.problems
    const place = first?.line === undefined ? '' : `line ${first.line}: `
    return { outcome: 'invalid', problem: `${place}${first?.message ?? 'it cannot be read'}` }
  }
  const json = parse(text)
  // a tag is worth something only within its session; here each trial is one
  const target = { connection, ...(tool !== undefined && { tool }), tag: createTag(randomBytes(32)) }
  try {
    const masked = json.ok ? maskWhole(loaded.masking, text, json.value, target) : maskText(loaded.masking, text, target)
    return { outcome: 'masked', json: json.ok, media: [], ...masked }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    if (error.code === 'MESSAGE_BLOCKED') {
      return { outcome: 'blocked', rule: String(error.data['rule']), because: String(error.data['because']) }
    }
    return { outcome: 'withheld', problem: String(error.data['problem'] ?? error.message) }
  }
}

/** What a client gets, and what of it a recording would not hold. */
function maskWhole(masking: Masking, text: string, value: JsonValue, target: MaskTarget) {
  const isMessage = isRpc(value)
  const root = isMessage ? 'message' : 'payload'
  const masked = maskMessage(masking, text, { ...target, idsToo: !isMessage })
  const taken =
    mayHoldMedia(value, root) || mayHoldAddresses(text) ? takeOutMedia(masking, masked.text, masked.text, target, root) : undefined
  return taken ? { text: taken.delivered, masks: [...masked.masks, ...taken.masks], media: taken.media } : masked
}

/** Only in a message is `id` what names a call. */
const isRpc = (value: JsonValue): boolean => isJsonObject(value) && value['jsonrpc'] === '2.0'

function parse(text: string): { ok: true; value: JsonValue } | { ok: false } {
  try {
    return { ok: true, value: JSON.parse(text) as JsonValue }
  } catch {
    return { ok: false }
  }
}
