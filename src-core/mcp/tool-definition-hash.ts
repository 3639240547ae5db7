import { createHash } from 'node:crypto'
import { canonicalJson } from '../approval/canonical-json.ts'
import type { JsonObject } from '../json/json-value.ts'

/** What stands in an approval's digest while nobody has listed the server's tools. */
export const unlistedToolHash = 'not-listed'

/** The canonical JSON of a tool's definition and its SHA-256 (hex). Half a surrogate pair has no canonical form: what holds one is no tool. */
export function toolDefinition(tool: JsonObject): { canonical: string; hash: string } | undefined {
  try {
    const canonical = canonicalJson(tool)
    return { canonical, hash: createHash('sha256').update(canonical).digest('hex') }
  } catch {
    return undefined
  }
}
