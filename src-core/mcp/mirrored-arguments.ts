import { isJsonObject, type JsonValue } from '../json/json-value.ts'

/** An argument of a tool that the client repeats in the header `Mcp-Param-<header>`, as the tool's schema asks (`x-mcp-header`). */
export interface MirroredArgument {
  path: readonly string[]
  header: string
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const deepest = 32

/** Only properties of properties can be mirrored: anything else that the schema says about a header has no one place in the arguments. */
export function mirroredArguments(schema: JsonValue | undefined, path: readonly string[] = []): MirroredArgument[] {
  if (!isJsonObject(schema) || path.length > deepest) return []
  const header = schema['x-mcp-header']
  const own = typeof header === 'string' && token.test(header) && path.length > 0 ? [{ path, header }] : []
  const properties = schema['properties']
  if (!isJsonObject(properties)) return own
  return [...own, ...Object.entries(properties).flatMap(([name, property]) => mirroredArguments(property, [...path, name]))]
}
