import { isJsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
import { mirroredArguments, type MirroredArgument } from '../../src-core/mcp/mirrored-arguments.ts'
import { toolDefinition, unlistedToolHash } from '../../src-core/mcp/tool-definition-hash.ts'

export interface ToolDefinition {
  /** SHA-256 (hex) of the definition's canonical JSON */
  hash: string
  description?: string
  annotations?: Record<string, unknown>
  /** arguments that the client repeats in headers */
  mirrored?: MirroredArgument[]
}

/** One element of a server's list. */
export interface ListedTool {
  name: string
  hash: string
  /** its canonical JSON */
  definition: string
  /** its name stood in the list before, on this page or an earlier one */
  again: boolean
}

export type ListPage = 'first' | { after: string } | 'unknown'

/** What stands in an approval's digest while the client has not listed the server's tools. */
export const unlistedTool: ToolDefinition = { hash: unlistedToolHash }

const keptTools = 2000
/** lists whose next page a client may still ask for */
const openLists = 16

/** The tools of a server as it listed them last in this session, whether or not its client was shown them. */
export class ToolDefinitions {
  /** the server said in `initialize` that it tells when its list changes: a client that hears so from us understands it */
  #announcesChanges = false
  readonly #tools = new Map<string, ToolDefinition>()
  /** cursor → names on the pages before */
  readonly #open = new Map<string, Set<string>>()

  get announcesChanges(): boolean {
    return this.#announcesChanges
  }

  /** @param result of initialize */
  initialized(result: JsonValue | undefined): void {
    const capabilities = isJsonObject(result) ? result['capabilities'] : undefined
    const tools = isJsonObject(capabilities) ? capabilities['tools'] : undefined
    this.#announcesChanges = isJsonObject(tools) && tools['listChanged'] === true
  }

  of(tool: string): ToolDefinition {
    return this.#tools.get(tool) ?? unlistedTool
  }

  /**
   * Learns from the masked result of tools/list: nothing that masking removed is kept. What is no tool has no name here.
   * @param page of the list: nobody knows which it is if the result answers no request that we saw
   */
  learn(result: JsonValue | undefined, page: ListPage): { tools: (ListedTool | undefined)[]; complete?: ReadonlySet<string> } {
    const list = isJsonObject(result) ? result['tools'] : undefined
    if (!isJsonObject(result) || !Array.isArray(list)) return { tools: [] }
    const before = page === 'first' ? new Set<string>() : page === 'unknown' ? undefined : this.#open.get(page.after)
    const names = new Set(before)
    const tools = list.map((tool) => this.#learnOne(tool, names))
    const next = result['nextCursor']
    if (typeof next !== 'string') return before ? { tools, complete: names } : { tools }
    if (before) this.#keepOpen(next, names)
    return { tools }
  }

  #learnOne(tool: JsonValue, names: Set<string>): ListedTool | undefined {
    if (!isJsonObject(tool) || typeof tool['name'] !== 'string') return undefined
    const name = tool['name']
    const defined = toolDefinition(tool)
    if (!defined) return undefined
    const { canonical, hash } = defined
    const again = names.has(name)
    names.add(name)
    if (again || (this.#tools.size >= keptTools && !this.#tools.has(name))) return { name, hash, definition: canonical, again }
    const definition: ToolDefinition = { hash }
    if (typeof tool['description'] === 'string') definition.description = tool['description']
    if (isJsonObject(tool['annotations'])) definition.annotations = tool['annotations']
    const mirrored = mirroredArguments(tool['inputSchema'])
    if (mirrored.length > 0) definition.mirrored = mirrored
    this.#tools.set(name, definition)
    return { name, hash, definition: canonical, again }
  }

  #keepOpen(cursor: string, names: Set<string>): void {
    // a list without end is never complete
    if (names.size > keptTools * 2) return
    const [oldest] = this.#open.keys()
    if (this.#open.size >= openLists && oldest !== undefined) this.#open.delete(oldest)
    this.#open.set(cursor, names)
  }
}
