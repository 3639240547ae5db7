const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What base64 (either alphabet) holds, if that is UTF-8 text without control characters; undefined for everything else. */
export function decodeBase64Text(token: string): string | undefined {
  // most of what looks like base64 is none, or holds an image: its first bytes tell, and cost little
  if (token.length > 64 && decodeText(token.slice(0, 32), true) === undefined) return undefined
  return decodeText(token, false)
}

function decodeText(token: string, cutOff: boolean): string | undefined {
  try {
    const text = (cutOff ? new TextDecoder('utf-8', { fatal: true }) : decoder).decode(Buffer.from(token, 'base64'), { stream: cutOff })
    return /(?![\t\n\r])\p{Cc}/u.test(text) ? undefined : text
  } catch {
    return undefined
  }
}
