export type ArgumentsParse = { ok: true; arguments: Record<string, unknown> } | { ok: false; problem: string }

/** The text of the arguments field, as what is sent. */
export function parseArguments(text: string): ArgumentsParse {
  let value: unknown
  try {
    value = JSON.parse(text.trim() === '' ? '{}' : text)
  } catch (error) {
    return { ok: false, problem: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  if (!isRecord(value)) return { ok: false, problem: 'Arguments are one JSON object: { "name": value }.' }
  return { ok: true, arguments: value }
}

/** A start for the arguments of a tool: its required properties, with defaults, first choices or empty values. */
export function exampleArguments(inputSchema: unknown): string {
  if (!isRecord(inputSchema) || !isRecord(inputSchema.properties)) return '{}'
  const { properties } = inputSchema
  const required = Array.isArray(inputSchema.required) ? inputSchema.required : []
  const entries = required
    .filter((name): name is string => typeof name === 'string' && Object.hasOwn(properties, name))
    .map((name) => [name, exampleValue(properties[name])] as const)
  return JSON.stringify(Object.fromEntries(entries), null, 2)
}

function exampleValue(schema: unknown): unknown {
  if (!isRecord(schema)) return null
  if ('default' in schema) return schema.default
  if (Array.isArray(schema.enum)) return schema.enum[0]
  const empty: Record<string, unknown> = { string: '', number: 0, integer: 0, boolean: false, array: [], object: {} }
  return typeof schema.type === 'string' ? (empty[schema.type] ?? null) : null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
