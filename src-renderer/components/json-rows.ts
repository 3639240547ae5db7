import { readNestedJson, scalarText, type JsonDocument, type JsonNode } from './json-document.ts'
import { pointerStep } from './mask-places.ts'

/** Children of one container that are shown before the rest is asked for. */
export const childrenShown = 200
/** Characters of a string that one row shows, unless the viewer knows its width; a longer string opens into its lines. */
const longestLine = 160
const mostTextLines = 5_000

/** One visible line of the tree. */
export interface JsonRow {
  /** unique in the tree, stable while the document stays: what expansion remembers */
  id: string
  depth: number
  /** the row's own label: a member's name, an element's index, a line number */
  name: string | undefined
  isIndex: boolean
  type: 'container' | 'scalar' | 'line' | 'more'
  kind: JsonNode['kind']
  /** masks are recorded under this path (array indices as `*`) */
  maskPath: string
  /** scalar text (a string decoded), one line of a long text, or nothing for containers */
  text: string
  /** number of members, elements, lines, or of what `more` leaves out */
  count: number
  expandable: boolean
  expanded: boolean
  /** why a scalar opens: it holds JSON, or more than one line can show */
  opens: 'json' | 'lines' | undefined
}

/** What is open, and how many children of a container are shown. */
export interface TreeExpansion {
  open: ReadonlySet<string>
  shown: ReadonlyMap<string, number>
}

interface TreeView extends TreeExpansion {
  lineLength: number
}

const rootId = '$'

/** The visible lines, top to bottom. Work and memory grow with what is open, not with the document. */
export function flattenJson(document: JsonDocument, expansion: TreeExpansion, lineLength = longestLine): JsonRow[] {
  const view = { ...expansion, lineLength }
  const rows: JsonRow[] = []
  // the message's own braces carry nothing: its members are the first level
  if (isContainer(document.root)) addChildren(rows, document, document.root, rootId, '', 0, view)
  else addNode(rows, document, document.root, rootId, '', 0, view)
  return rows
}

/** Lines that may be open at first sight, and how many before further elements of a list are opened too. */
const firstLines = { payload: 32, elements: 16 }
/** A long list is opened at first sight, but counted as no more than this. */
const listCost = 12

/** What to open at first sight: down to the payload, the first element of each list, and more of them while there is room. */
export function firstExpansion(document: JsonDocument): TreeExpansion {
  const open = new Set<string>()
  const payload: Unopened[] = document.root.children.map((node, at) => ({ document, node, id: childId(rootId, at) }))
  const elements: Unopened[] = []
  let lines = document.root.children.length
  for (let next = payload.shift() ?? elements.shift(); next; next = payload.shift() ?? elements.shift()) {
    const inside = containerOf(next.document, next.node)
    if (!inside || inside.node.children.length === 0) continue
    const isElement = next.node.index !== undefined && next.node.index > 0
    const cost = inside.node.kind === 'array' ? Math.min(inside.node.children.length, listCost) : inside.node.children.length
    if (lines + cost > (isElement ? firstLines.elements : firstLines.payload) && open.size > 1) continue
    lines += cost
    open.add(next.id)
    for (const [at, child] of inside.node.children.slice(0, listCost).entries()) {
      if (repeatsStructuredContent(inside.node, child)) continue
      const unopened = { document: inside.document, node: child, id: childId(next.id, at) }
      if (inside.node.kind === 'array' && at > 0) elements.push(unopened)
      else payload.push(unopened)
    }
  }
  return { open, shown: new Map() }
}

interface Unopened {
  document: JsonDocument
  node: JsonNode
  id: string
}

/** A tool result's text repeats its structured content: showing both at once helps nobody. */
function repeatsStructuredContent(parent: JsonNode, child: JsonNode): boolean {
  return child.name === 'content' && parent.children.some((sibling) => sibling.name === 'structuredContent')
}

function addNode(
  rows: JsonRow[],
  document: JsonDocument,
  node: JsonNode,
  id: string,
  parentPath: string,
  depth: number,
  expansion: TreeView,
): void {
  const maskPath = id === rootId ? parentPath : parentPath + (node.index === undefined ? pointerStep(node.name ?? '') : '/*')
  const expanded = expansion.open.has(id)
  const base = {
    id,
    depth,
    name: node.index === undefined ? node.name : String(node.index),
    isIndex: node.index !== undefined,
    kind: node.kind,
    maskPath,
    expanded,
  }
  if (isContainer(node)) {
    const count = node.children.length
    rows.push({ ...base, type: 'container', text: '', count, expandable: count > 0, opens: undefined })
    if (expanded) addChildren(rows, document, node, id, maskPath, depth + 1, expansion)
    return
  }
  const text = scalarText(document, node)
  const nested = node.kind === 'string' ? readNestedJson(text) : undefined
  const lines = !nested && node.kind === 'string' && (text.length > expansion.lineLength || text.includes('\n'))
  const opens = nested ? 'json' : lines ? 'lines' : undefined
  rows.push({
    ...base,
    type: 'scalar',
    text,
    count: nested ? nested.root.children.length : 0,
    expandable: opens !== undefined,
    opens,
  })
  if (!expanded) return
  if (nested) addChildren(rows, nested, nested.root, id, `${maskPath}#`, depth + 1, expansion)
  else if (lines) addLines(rows, text, id, maskPath, depth + 1, expansion)
}

function addChildren(
  rows: JsonRow[],
  document: JsonDocument,
  node: JsonNode,
  id: string,
  path: string,
  depth: number,
  expansion: TreeView,
): void {
  const limit = expansion.shown.get(id) ?? childrenShown
  for (const [at, child] of node.children.entries()) {
    if (at >= limit) {
      rows.push(moreRow(id, depth, path, node.kind, node.children.length - limit))
      return
    }
    addNode(rows, document, child, childId(id, at), path, depth, expansion)
  }
}

function addLines(rows: JsonRow[], text: string, id: string, maskPath: string, depth: number, expansion: TreeView): void {
  const lines = cutLines(text, expansion.lineLength)
  const limit = expansion.shown.get(id) ?? childrenShown
  for (const [at, line] of lines.slice(0, limit).entries()) {
    rows.push({
      id: childId(id, at),
      depth,
      name: String(at + 1),
      isIndex: true,
      type: 'line',
      kind: 'string',
      maskPath,
      text: line,
      count: 0,
      expandable: false,
      expanded: false,
      opens: undefined,
    })
  }
  if (lines.length > limit) rows.push(moreRow(id, depth, maskPath, 'string', lines.length - limit))
}

/** The lines of a text, long ones cut; a masked token is never cut in two. */
export function cutLines(text: string, lineLength = longestLine): string[] {
  const cut: string[] = []
  for (const line of text.split('\n')) {
    let rest = line
    while (rest.length > lineLength && cut.length < mostTextLines) {
      const end = safeCut(rest, lineLength)
      cut.push(rest.slice(0, end))
      rest = rest.slice(end)
    }
    cut.push(rest)
    if (cut.length >= mostTextLines) {
      cut.push('…')
      break
    }
  }
  return cut
}

function safeCut(text: string, lineLength: number): number {
  let end = lineLength
  const tokenStart = Math.max(text.lastIndexOf('[MASKED:', end), text.lastIndexOf('[DROPPED:', end))
  const tokenEnd = tokenStart < 0 ? -1 : text.indexOf(']', tokenStart)
  if (tokenStart > 0 && tokenEnd >= end && tokenEnd - tokenStart < 80) end = tokenStart
  const code = text.charCodeAt(end - 1)
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end
}

function moreRow(id: string, depth: number, maskPath: string, kind: JsonNode['kind'], count: number): JsonRow {
  return {
    id: `${id}.more`,
    depth,
    name: undefined,
    isIndex: false,
    type: 'more',
    kind,
    maskPath,
    text: '',
    count,
    expandable: true,
    expanded: false,
    opens: undefined,
  }
}

function containerOf(document: JsonDocument, node: JsonNode): { document: JsonDocument; node: JsonNode } | undefined {
  if (isContainer(node)) return { document, node }
  if (node.kind !== 'string') return undefined
  const nested = readNestedJson(scalarText(document, node))
  return nested && { document: nested, node: nested.root }
}

const isContainer = (node: JsonNode): boolean => node.kind === 'object' || node.kind === 'array'
const childId = (parent: string, at: number): string => `${parent}.${at}`
