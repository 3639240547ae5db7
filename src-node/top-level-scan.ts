const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
const space = 0x20

/** longer names and values are not what anybody looks for at the top level */
const keptBytes = 1024

/**
 * Reads the top level of a JSON object while its bytes come in, in time that is linear in them and without keeping them: what a message
 * of many megabytes is about can be told without parsing it at once. It does not check the JSON; on what is none, its answers mean nothing.
 */
export interface TopLevelScan {
  push(bytes: Buffer): void
  /** the object has ended, and nothing came after it */
  readonly complete: boolean
  has(name: string): boolean
  /** of a wanted member, if it is short; the last one if its name came twice, as `JSON.parse` has it */
  value(name: string): unknown
}

/** @param wanted members whose values are kept */
export function createTopLevelScan(wanted: ReadonlySet<string>): TopLevelScan {
  const members = new Map<string, unknown>()
  let depth = 0
  let inString = false
  let escaped = false
  let ended = false
  let broken = false
  let expectsName = false
  let name: string | undefined
  /** what is being kept: from where in this chunk, and what earlier chunks held of it */
  let from = -1
  let held: Buffer[] = []
  let heldBytes = 0

  const keepFrom = (at: number) => {
    from = at
    held = []
    heldBytes = 0
  }
  const take = (bytes: Buffer, end: number) => {
    heldBytes += end - from
    if (heldBytes <= keptBytes) held.push(Buffer.from(bytes.subarray(from, end)))
  }
  const taken = (bytes: Buffer, end: number): unknown => {
    take(bytes, end)
    from = -1
    if (heldBytes > keptBytes) return undefined
    try {
      return JSON.parse(Buffer.concat(held).toString())
    } catch {
      return undefined
    }
  }
  const endMember = (bytes: Buffer, at: number) => {
    if (name !== undefined) members.set(name, from >= 0 ? taken(bytes, at) : undefined)
    name = undefined
    from = -1
  }

  /** @returns where the string ends, or the length if it goes on in the next chunk */
  function skipString(bytes: Buffer, start: number): number {
    let at = start
    if (escaped) {
      escaped = false
      at += 1
    }
    for (;;) {
      const end = bytes.indexOf(quote, at)
      const stop = end < 0 ? bytes.length : end
      let slashes = 0
      while (stop - 1 - slashes >= at && bytes[stop - 1 - slashes] === backslash) slashes += 1
      if (end < 0) {
        escaped = slashes % 2 === 1
        return bytes.length
      }
      if (slashes % 2 === 0) {
        inString = false
        return end + 1
      }
      at = end + 1
    }
  }

  function punctuation(bytes: Buffer, at: number): void {
    switch (bytes[at]) {
      case openBrace:
      case openBracket:
        depth += 1
        if (depth === 1) {
          if (bytes[at] === openBracket || ended) broken = true
          expectsName = true
        }
        return
      case closeBrace:
      case closeBracket:
        if (depth === 1) {
          endMember(bytes, at)
          ended = true
        }
        depth -= 1
        return
      case comma:
        if (depth !== 1) return
        endMember(bytes, at)
        expectsName = true
        return
      case colon:
        if (depth !== 1) return
        expectsName = false
        if (name !== undefined && wanted.has(name)) keepFrom(at + 1)
        return
      default:
        if (depth === 0 && (bytes[at] ?? 0) > space) broken = true
    }
  }

  return {
    push(bytes) {
      if (from >= 0) from = 0
      let at = 0
      while (at < bytes.length) {
        if (inString) {
          at = skipString(bytes, at)
          if (!inString && depth === 1 && expectsName && from >= 0) {
            const text = taken(bytes, at)
            name = typeof text === 'string' ? text : undefined
          }
          continue
        }
        if (bytes[at] === quote) {
          inString = true
          if (depth === 0) broken = true
          if (depth === 1 && expectsName) keepFrom(at)
        } else punctuation(bytes, at)
        at += 1
      }
      if (from >= 0) take(bytes, bytes.length)
    },
    get complete() {
      return ended && !broken && depth === 0 && !inString
    },
    has: (wantedName) => members.has(wantedName),
    value: (wantedName) => members.get(wantedName),
  }
}
