/** Where a request of MCP 2026-07-28 says which revision it is of. */
export const protocolVersionKey = 'io.modelcontextprotocol/protocolVersion'

/** which member of `params` the header `Mcp-Name` repeats */
export const namedBy: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}

const encoded = /^=\?base64\?(.*)\?=$/is
const canonicalBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
/** what a header carries unchanged: nothing that HTTP would trim or that looks encoded */
const plain = /^(?!=\?base64\?)(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/i
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** `undefined`: it claims to be Base64 and is not. */
export function decodeHeader(value: string): string | undefined {
  const [, base64] = encoded.exec(value) ?? []
  if (base64 === undefined) return value
  if (!canonicalBase64.test(base64)) return undefined
  try {
    return utf8.decode(Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0))
  } catch {
    return undefined
  }
}

export function encodeHeader(value: string): string {
  if (plain.test(value)) return value
  return `=?base64?${btoa(String.fromCodePoint(...new TextEncoder().encode(value)))}?=`
}
