import type { JsonObject } from './json-value.ts'

const folded = new Map<string, string>()
const mostRemembered = 4096
const longestName = 64

/** As parsers fold names that do not care for case: also the Kelvin sign is a k, and the long s an s. */
function fold(name: string): string {
  const known = folded.get(name)
  if (known !== undefined) return known
  if (folded.size >= mostRemembered) folded.clear()
  const value = name.toUpperCase().toLowerCase()
  folded.set(name, value)
  return value
}

/**
 * Finds a member whose name is one of these to whoever does not care for case, and is not written like it. Some programs (those in Go, by
 * their language's own parser) read `Method` as `method`, and the last of both counts.
 */
export function createLookalikeSearch(names: Iterable<string>): (object: JsonObject) => string | undefined {
  const exact = new Set(names)
  const alike = new Set([...exact].map(fold))
  return (object) => {
    for (const name in object) {
      if (!exact.has(name) && name.length <= longestName && alike.has(fold(name))) return name
    }
    return undefined
  }
}

/** Whether two members have the same name to whoever does not care for case. */
export function hasTwins(object: JsonObject): boolean {
  const names = Object.keys(object)
  if (names.length < 2) return false
  return new Set(names.map((name) => (name.length <= longestName ? fold(name) : name))).size < names.length
}
