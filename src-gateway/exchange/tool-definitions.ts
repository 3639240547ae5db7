import { isJsonObject, type JsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
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
/** of all definitions together, as canonical JSON: as much as is pinned for a connection (tools/tool-pins.ts) */
const keptCharacters = 8_000_000
/** lists whose next page a client may still ask for */
const openLists = 16

/** Definitions of the same hash are the same: sessions to the same server share them for as long as one of them runs. */
const shared = new Map<string, WeakRef<ToolDefinition>>()

function share(definition: ToolDefinition): ToolDefinition {
  const [oldest] = shared.keys()
  if (shared.size >= keptTools && oldest !== undefined) shared.delete(oldest)
  shared.set(definition.hash, new WeakRef(definition))
  return definition
}

function definitionOf(tool: JsonObject, hash: string): ToolDefinition {
  const definition: ToolDefinition = { hash }
  if (typeof tool['description'] === 'string') definition.description = tool['description']
  if (isJsonObject(tool['annotations'])) definition.annotations = tool['annotations']
  const mirrored = mirroredArguments(tool['inputSchema'])
  if (mirrored.length > 0) definition.mirrored = mirrored
  return definition
}

/** The tools of a server as it listed them last in this session, whether or not its client was shown them. */
export class ToolDefinitions {
  /** the server said in `initialize` that it tells when its list changes: a client that hears so from us understands it */
  #announcesChanges = false
  readonly #tools = new Map<string, ToolDefinition>()
  readonly #sizes = new Map<string, number>()
  #characters = 0
  /** cursor → names on the pages before */
  #open: Map<string, Set<string>> | undefined

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
    const before = page === 'first' ? new Set<string>() : page === 'unknown' ? undefined : this.#open?.get(page.after)
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
    // its hash is always known: a change must be noticed
    const fits = this.#makeRoom(name, canonical.length)
    const definition = fits ? (shared.get(hash)?.deref() ?? share(definitionOf(tool, hash))) : { hash }
    this.#tools.set(name, definition)
    return { name, hash, definition: canonical, again }
  }

  #makeRoom(name: string, size: number): boolean {
    const others = this.#characters - (this.#sizes.get(name) ?? 0)
    const fits = others + size <= keptCharacters
    this.#characters = others + (fits ? size : 0)
    this.#sizes.set(name, fits ? size : 0)
    return fits
  }

  #keepOpen(cursor: string, names: Set<string>): void {
    // a list without end is never complete
    if (names.size > keptTools * 2) return
    const open = (this.#open ??= new Map())
    const [oldest] = open.keys()
    if (open.size >= openLists && oldest !== undefined) open.delete(oldest)
    open.set(cursor, names)
  }
}
