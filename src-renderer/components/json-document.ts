import { decodeString, TooDeep, walkJson, type JsonVisitor } from '../../src-core/json/walk-json.ts'

type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

/**
 * A value at its place in the text. Built from the text itself, not from a parsed value: order, names that come twice and the
 * digits of a number stay as they were recorded.
 */
export interface JsonNode {
  kind: JsonKind
  /** UTF-16 offsets into the document's text */
  start: number
  end: number
  /** the member's name, decoded */
  name?: string
  /** the element's place in its array */
  index?: number
  children: readonly JsonNode[]
}

export interface JsonDocument {
  text: string
  root: JsonNode
}

export type JsonReading = { ok: true; document: JsonDocument } | { ok: false; reason: 'too-large' | 'too-deep' | 'not-json' }

/** Above this many characters a message is shown as text only. */
const largestTree = 4_000_000
const deepest = 200
const none: readonly JsonNode[] = []

/** Never throws: the text is hostile. */
export function readJson(text: string): JsonReading {
  if (text.length > largestTree) return { ok: false, reason: 'too-large' }
  try {
    JSON.parse(text)
  } catch {
    return { ok: false, reason: 'not-json' }
  }
  const builder = new TreeBuilder(text)
  try {
    walkJson(text, builder, deepest)
  } catch (error) {
    if (error instanceof TooDeep) return { ok: false, reason: 'too-deep' }
    throw error
  }
  return builder.root ? { ok: true, document: { text, root: builder.root } } : { ok: false, reason: 'not-json' }
}

/** JSON held in a string, as results often hold it; undefined if it is only text. */
export function readNestedJson(text: string): JsonDocument | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  const reading = readJson(text)
  return reading.ok ? reading.document : undefined
}

/** The decoded string, or the literal of any other scalar as it was written. */
export function scalarText(document: JsonDocument, node: JsonNode): string {
  return node.kind === 'string' ? decodeString(document.text, node.start, node.end) : document.text.slice(node.start, node.end)
}

/** The last member of that name, as `JSON.parse` would choose. */
export function memberOf(node: JsonNode | undefined, name: string): JsonNode | undefined {
  return node?.kind === 'object' ? node.children.findLast((child) => child.name === name) : undefined
}

class TreeBuilder implements JsonVisitor {
  root: JsonNode | undefined
  readonly #text: string
  readonly #open: { node: JsonNode; children: JsonNode[] }[] = []
  #name: string | undefined
  #index: number | undefined

  constructor(text: string) {
    this.#text = text
  }

  objectStart(start: number): void {
    this.#start('object', start)
  }
  arrayStart(start: number): void {
    this.#start('array', start)
  }
  objectEnd(end: number): void {
    this.#end(end)
  }
  arrayEnd(end: number): void {
    this.#end(end)
  }
  member(name: string): void {
    this.#name = name
    this.#index = undefined
  }
  element(index: number): void {
    this.#index = index
    this.#name = undefined
  }
  string(start: number, end: number): void {
    this.#add({ kind: 'string', start, end, children: none })
  }
  scalar(start: number, end: number): void {
    const first = this.#text[start]
    const kind = first === 't' || first === 'f' ? 'boolean' : first === 'n' ? 'null' : 'number'
    this.#add({ kind, start, end, children: none })
  }

  #start(kind: 'object' | 'array', start: number): void {
    const children: JsonNode[] = []
    const node: JsonNode = { kind, start, end: start, children }
    this.#add(node)
    this.#open.push({ node, children })
  }

  #end(end: number): void {
    const closed = this.#open.pop()
    if (closed) closed.node.end = end
  }

  #add(node: JsonNode): void {
    if (this.#name !== undefined) node.name = this.#name
    if (this.#index !== undefined) node.index = this.#index
    this.#name = undefined
    this.#index = undefined
    this.root ??= node
    this.#open.at(-1)?.children.push(node)
  }
}
