import { readNestedJson, scalarText, type JsonDocument, type JsonNode } from '../../components/json-document.ts'
import { pointerStep } from '../../components/mask-places.ts'

/** A list of objects in a message, as a table. */
export interface FoundTable {
  document: JsonDocument
  /** path of the list, for masks: `/result/structuredContent/rows` */
  path: string
  columns: readonly string[]
  rows: readonly JsonNode[]
}

const mostColumns = 60
const columnsFrom = 200
const deepest = 8

/** The first list of objects in an answer, breadth first: structured content before the same thing as text. */
export function findTable(document: JsonDocument): FoundTable | undefined {
  const result = document.root.kind === 'object' ? document.root.children.find((child) => child.name === 'result') : undefined
  if (!result) return undefined
  const members = [...result.children].sort((a, b) => Number(b.name === 'structuredContent') - Number(a.name === 'structuredContent'))
  for (const member of members) {
    const found = search(document, member, `/result${pointerStep(member.name ?? '')}`, 0)
    if (found) return found
  }
  return undefined
}

/** Paths are written as masks are recorded: every index is `*`. */
function search(document: JsonDocument, node: JsonNode, path: string, depth: number): FoundTable | undefined {
  if (depth > deepest) return undefined
  if (node.kind === 'string') {
    const nested = readNestedJson(scalarText(document, node))
    return nested && search(nested, nested.root, `${path}#`, depth + 1)
  }
  if (node.kind === 'array') {
    if (isTable(node)) return { document, path, columns: columnsOf(node), rows: node.children }
    for (const child of node.children.slice(0, 20)) {
      const found = search(document, child, `${path}/*`, depth + 1)
      if (found) return found
    }
  }
  for (const child of node.kind === 'object' ? node.children : []) {
    const found = search(document, child, `${path}${pointerStep(child.name ?? '')}`, depth + 1)
    if (found) return found
  }
  return undefined
}

/** MCP's own content blocks are a list of objects too, but no table. */
function isTable(node: JsonNode): boolean {
  if (node.children.length === 0 || node.children.some((child) => child.kind !== 'object' || child.children.length === 0)) return false
  const isBlock =
    node.children[0]?.children.some((member) => member.name === 'type') &&
    node.children[0]?.children.some((member) => member.name === 'text')
  return !isBlock
}

function columnsOf(node: JsonNode): string[] {
  const columns = new Set<string>()
  for (const row of node.children.slice(0, columnsFrom))
    for (const member of row.children) if (columns.size < mostColumns) columns.add(member.name ?? '')
  return [...columns]
}
