import { isJsonObject, type JsonValue } from '../json/json-value.ts'
import { parseMessage } from '../json/parse-message.ts'

const deepestArguments = 120
/** what stands in the place of a masked value (src-core/masking/mask-action.ts) and of bytes that are not recorded (take-out-media.ts) */
const token = /\[(?:MASKED|DROPPED|NOT RECORDED):[^[\]]{1,200}\]/

/**
 * Whether a text that reviewers were shown as a call's arguments says what the arguments are, but for what is masked in it: nothing added, left
 * out, changed or in another order. A name that stands in it twice would be read by each in their own way, so it fits nothing.
 * @param bytes what runs: JSON, or nothing at all
 */
export function showsArguments(shown: string, bytes: Uint8Array): boolean {
  const real = bytes.length === 0 ? {} : parse(Buffer.from(bytes).toString())
  const told = parseStrictly(shown)
  return real !== undefined && told !== undefined && fits(told, real)
}

function fits(shown: JsonValue, real: JsonValue): boolean {
  if (typeof shown === 'string') return fitsText(shown, real)
  if (Array.isArray(shown))
    return Array.isArray(real) && shown.length === real.length && shown.every((item, at) => fits(item, real[at] as JsonValue))
  if (!isJsonObject(shown)) return shown === real
  if (!isJsonObject(real)) return false
  const members = Object.entries(real)
  const told = Object.entries(shown)
  return told.length === members.length && told.every(([name, value], at) => fitsMember([name, value], members[at]))
}

const fitsMember = ([name, value]: [string, JsonValue], member: [string, JsonValue] | undefined): boolean =>
  member !== undefined && fitsText(name, member[0]) && fits(value, member[1])

/** A token stands for any run of characters; one that stands alone also for a value that is no string. */
function fitsText(shown: string, real: JsonValue): boolean {
  if (shown === real) return true
  const [head = '', ...rest] = shown.split(new RegExp(token, 'g'))
  const tail = rest.pop()
  if (tail === undefined) return false
  if (typeof real !== 'string') return head === '' && tail === '' && rest.length === 0
  if (real.length < head.length + tail.length || !real.startsWith(head) || !real.endsWith(tail)) return false
  const last = real.length - tail.length
  let at = head.length
  for (const part of rest) {
    const found = real.indexOf(part, at)
    if (found < 0 || found + part.length > last) return false
    at = found + part.length
  }
  return true
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

/** As `params` of a message, which is read without doubt; it must be JSON by itself before. */
function parseStrictly(text: string): JsonValue | undefined {
  if (!isJsonObject(parse(text))) return undefined
  const bytes = new TextEncoder().encode(`{"jsonrpc":"2.0","method":"shown","params":${text}}`)
  const parsed = parseMessage(bytes, { maxBytes: Infinity, maxDepth: deepestArguments })
  return parsed.ok ? parsed.message.params : undefined
}
