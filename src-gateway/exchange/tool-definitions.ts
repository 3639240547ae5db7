import { createHash } from 'node:crypto'
import { canonicalJson } from '../../src-core/approval/canonical-json.ts'
import { isJsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
import { mirroredArguments, type MirroredArgument } from '../../src-core/mcp/mirrored-arguments.ts'

export interface ToolDefinition {
  /** SHA-256 (hex) of the definition's canonical JSON */
  hash: string
  description?: string
  annotations?: Record<string, unknown>
  /** arguments that the client repeats in headers */
  mirrored?: MirroredArgument[]
}

/** What stands in an approval's digest while the client has not listed the server's tools. */
export const unlistedTool: ToolDefinition = { hash: 'not-listed' }

const keptTools = 2000

/** The definitions of a server's tools as they were last delivered to this session's client. */
export class ToolDefinitions {
  readonly #tools = new Map<string, ToolDefinition>()

  of(tool: string): ToolDefinition {
    return this.#tools.get(tool) ?? unlistedTool
  }

  /** Learns from the masked result of tools/list: what the client saw, and nothing that masking removed. */
  learn(result: JsonValue | undefined): void {
    const tools = isJsonObject(result) ? result['tools'] : undefined
    if (!Array.isArray(tools)) return
    for (const tool of tools) {
      if (!isJsonObject(tool) || typeof tool['name'] !== 'string') continue
      if (this.#tools.size >= keptTools && !this.#tools.has(tool['name'])) continue
      const definition: ToolDefinition = { hash: createHash('sha256').update(canonicalJson(tool)).digest('hex') }
      if (typeof tool['description'] === 'string') definition.description = tool['description']
      if (isJsonObject(tool['annotations'])) definition.annotations = tool['annotations']
      const mirrored = mirroredArguments(tool['inputSchema'])
      if (mirrored.length > 0) definition.mirrored = mirrored
      this.#tools.set(tool['name'], definition)
    }
  }
}
