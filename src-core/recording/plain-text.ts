/** JSON escapes, those of JSON inside a JSON string too. */
const escape = /\\+(?:u([0-9a-fA-F]{4})|[nrtbf"/])/g

/** A message's words without the escapes between them: what people look for is in the text, not in its encoding. */
export function plainText(body: string): string {
  if (!body.includes('\\')) return body
  return body.replace(escape, (sign, code: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    return sign.endsWith('"') ? '"' : sign.endsWith('/') ? '/' : ' '
  })
}

const word = /[\p{L}\p{N}\p{Co}]+/gu

/** The words of a person's search, as the full-text index cuts them. */
export const searchWords = (text: string): string[] => text.match(word) ?? []
