/** Thrown by `walkJson` when a text nests deeper than its caller allows. */
export class TooDeep extends Error {
  override readonly name = 'TooDeep'
}

/**
 * Receives the tokens of a JSON text in order. Positions are UTF-16 offsets into the text; those of strings and names include
 * the quotes. Every value is announced by exactly one of objectStart, arrayStart, string, scalar.
 */
export interface JsonVisitor {
  objectStart(start: number): void
  /** a member's name, decoded, before its value */
  member(name: string, start: number, end: number): void
  objectEnd(end: number): void
  arrayStart(start: number): void
  /** before each element */
  element(index: number): void
  arrayEnd(end: number): void
  string(start: number, end: number): void
  /** number, true, false or null */
  scalar(start: number, end: number): void
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * Walks a text that `JSON.parse` has accepted; on any other text the result is undefined.
 * It exists because a parsed value no longer knows where it stood, which names came twice, or how a number was written.
 * @throws TooDeep
 */
export function walkJson(text: string, visitor: JsonVisitor, maxDepth: number): void {
  walkValue(skipSpace(text, 0), 0)

  function walkValue(start: number, depth: number): number {
    if (depth > maxDepth) throw new TooDeep()
    switch (text.charCodeAt(start)) {
      case openBrace:
        return walkObject(start, depth)
      case openBracket:
        return walkArray(start, depth)
      case quote: {
        const end = stringEnd(text, start)
        visitor.string(start, end)
        return end
      }
      default: {
        const end = scalarEnd(text, start)
        visitor.scalar(start, end)
        return end
      }
    }
  }

  function walkObject(start: number, depth: number): number {
    visitor.objectStart(start)
    let at = skipSpace(text, start + 1)
    while (text.charCodeAt(at) !== closeBrace) {
      const nameEnd = stringEnd(text, at)
      visitor.member(decodeString(text, at, nameEnd), at, nameEnd)
      const colon = skipSpace(text, nameEnd)
      at = skipSpace(text, walkValue(skipSpace(text, colon + 1), depth + 1))
      if (text.charCodeAt(at) === comma) at = skipSpace(text, at + 1)
    }
    visitor.objectEnd(at + 1)
    return at + 1
  }

  function walkArray(start: number, depth: number): number {
    visitor.arrayStart(start)
    let at = skipSpace(text, start + 1)
    for (let index = 0; text.charCodeAt(at) !== closeBracket; index += 1) {
      visitor.element(index)
      at = skipSpace(text, walkValue(at, depth + 1))
      if (text.charCodeAt(at) === comma) at = skipSpace(text, at + 1)
    }
    visitor.arrayEnd(at + 1)
    return at + 1
  }
}

/** The value of the string token at [start, end), quotes included. */
export function decodeString(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1)
  return inner.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inner
}

function stringEnd(text: string, start: number): number {
  let at = text.indexOf('"', start + 1)
  while (isEscaped(text, at)) at = text.indexOf('"', at + 1)
  return at + 1
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (text.charCodeAt(at - 1 - slashes) === backslash) slashes += 1
  return slashes % 2 === 1
}

function scalarEnd(text: string, start: number): number {
  let at = start
  // , } ] and white space end a scalar; all are at or below the comma, or brackets
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === comma || code === closeBrace || code === closeBracket || code <= 0x20) break
  }
  return at
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (text.charCodeAt(at) <= 0x20) at += 1
  return at
}
