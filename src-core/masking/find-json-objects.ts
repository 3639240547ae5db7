/** Thrown where a text holds so much that is nearly JSON that looking for what is would take too long. */
export class TooManyBeginnings extends Error {
  override readonly name = 'TooManyBeginnings'
}

const beginning = /\{\s*"/g
/** how often every character may be looked at, on average */
const patience = 16

/**
 * Where JSON objects stand in a text that is not JSON as a whole: behind a sentence, in a code fence, one in each line. Of nested ones the
 * outermost. An object that does not end, or is not JSON, is searched for others inside it.
 * @throws TooManyBeginnings
 */
export function findJsonObjects(text: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = []
  let left = text.length * patience
  beginning.lastIndex = 0
  for (let match = beginning.exec(text); match; match = beginning.exec(text)) {
    const start = match.index
    const end = endOfObject(text, start)
    left -= (end ?? text.length) - start
    if (left < 0) throw new TooManyBeginnings()
    if (end !== undefined && isJson(text.slice(start, end))) {
      found.push({ start, end })
      beginning.lastIndex = end
    } else beginning.lastIndex = start + 1
  }
  return found
}

/** Behind the brace that closes the one at `start`, if what is between could be JSON. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = endOfString(text, at)
      if (at < 0) return undefined
    } else if (code === openBrace) depth += 1
    else if (code === closeBrace) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return undefined
}

/** Of the quote that closes the one at `start`; -1 without one. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes += 1
    if (backslashes % 2 === 0) return at
  }
  return -1
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
