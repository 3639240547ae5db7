/** What base64 (either alphabet) holds, if that is UTF-8 text without control characters; undefined for everything else. */
export function decodeBase64Text(token: string): string | undefined {
  if (!mayBeginText(token)) return undefined
  // most of what looks like base64 is none, or holds an image: its first bytes tell, and cost little
  if (token.length > 64 && !isText(decode(token.slice(0, 32)).replace(/\ufffd$/, ''))) return undefined
  const text = decode(token)
  return isText(text) ? text : undefined
}

const decode = (token: string): string => Buffer.from(token, 'base64').toString('utf8')

// bytes that are no UTF-8 are decoded as U+FFFD; a decoder that throws would cost far more
const isText = (text: string): boolean => !/\ufffd|(?![\t\n\r])\p{Cc}/u.test(text)

const values = new Uint8Array(128).fill(0xff)
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
for (let value = 0; value < alphabet.length; value += 1) values[alphabet.charCodeAt(value)] = value
values['-'.charCodeAt(0)] = 62
values['_'.charCodeAt(0)] = 63

const valueAt = (token: string, at: number): number => values[token.charCodeAt(at)] ?? 0xff

/** False only where the first three bytes cannot begin a text. It spares names and random tokens the decoding. */
function mayBeginText(token: string): boolean {
  const [a, b, c, d] = [valueAt(token, 0), valueAt(token, 1), valueAt(token, 2), valueAt(token, 3)]
  if ((a | b | c | d) > 63) return true
  const bytes = [(a << 2) | (b >> 4), ((b & 15) << 4) | (c >> 2), ((c & 3) << 6) | d] as const
  return mayStart(bytes[0], bytes[1]) && (bytes[0] > 0x7f || (mayStart(bytes[1], bytes[2]) && (bytes[1] > 0x7f || mayStart(bytes[2]))))
}

/** Whether a character of a text can start with this byte, and go on with the next one if that is known. */
function mayStart(byte: number, next?: number): boolean {
  if (byte < 0x80) return (byte >= 0x20 && byte !== 0x7f) || byte === 9 || byte === 10 || byte === 13
  if (byte < 0xc2 || byte > 0xf4) return false
  return next === undefined || (next >= 0x80 && next <= 0xbf)
}
