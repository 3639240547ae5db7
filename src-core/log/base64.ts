/**
 * Standard base64 (RFC 4648, 4), canonical form only: one text per value. Node's own decoder skips what it does not know, so that two
 * different texts could pass for the same bytes.
 */
export function parseBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

export const base64Of = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
