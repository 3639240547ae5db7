/** What base64 (either alphabet) holds, if that is UTF-8 text without control characters; undefined for everything else. */
export function decodeBase64Text(token: string): string | undefined {
  // most of what looks like base64 is none, or holds an image: its first bytes tell, and cost little
  if (token.length > 64 && !isText(decode(token.slice(0, 32)).replace(/\ufffd$/, ''))) return undefined
  const text = decode(token)
  return isText(text) ? text : undefined
}

const decode = (token: string): string => Buffer.from(token, 'base64').toString('utf8')

// bytes that are no UTF-8 are decoded as U+FFFD; a decoder that throws would cost far more
const isText = (text: string): boolean => !/\ufffd|(?![\t\n\r])\p{Cc}/u.test(text)
