/** The part of JSON Schema that the published schemas of documents use. */
export interface SchemaNode {
  type?: string
  description?: string
  default?: unknown
  properties?: Record<string, SchemaNode>
  required?: string[]
  items?: SchemaNode
  enum?: unknown[]
  const?: unknown
  anyOf?: SchemaNode[]
  oneOf?: SchemaNode[]
  allOf?: SchemaNode[]
}

/** What a value at the path may be: several, where the schema has alternatives. `[]` is an element of a list. */
export function schemasAt(root: SchemaNode, path: readonly string[]): SchemaNode[] {
  return path.reduce<SchemaNode[]>(
    (nodes, step) =>
      nodes.flatMap((node) => {
        const child = step === '[]' ? node.items : Object.hasOwn(node.properties ?? {}, step) ? node.properties?.[step] : undefined
        return child ? alternatives(child) : []
      }),
    alternatives(root),
  )
}

const alternatives = (node: SchemaNode): SchemaNode[] => [
  node,
  ...[node.anyOf, node.oneOf, node.allOf].flatMap((others) => (others ?? []).flatMap(alternatives)),
]

export interface SchemaKey {
  name: string
  needed: boolean
  schema: SchemaNode
}

export function keysOf(nodes: readonly SchemaNode[]): SchemaKey[] {
  const keys = new Map<string, SchemaKey>()
  for (const { properties = {}, required = [] } of nodes) {
    for (const [name, schema] of Object.entries(properties)) {
      if (!keys.has(name)) keys.set(name, { name, needed: required.includes(name), schema })
    }
  }
  return [...keys.values()]
}

/** Values that can be named: of an enumeration, a constant, yes or no. */
export function valuesOf(nodes: readonly SchemaNode[]): string[] {
  const values = nodes.flatMap((node) => [
    ...(node.enum ?? []),
    ...(node.const === undefined ? [] : [node.const]),
    ...(node.type === 'boolean' ? [true, false] : []),
  ])
  return [...new Set(values.map(String))]
}

/** What it is and what it may be, in words; empty if the schema says nothing. */
export function describeSchema(nodes: readonly SchemaNode[]): string[] {
  const description = nodes.find((node) => node.description !== undefined)?.description
  const values = valuesOf([...nodes, ...nodes.flatMap(({ items }) => (items ? [items] : []))])
  const standard = nodes.find((node) => node.default !== undefined)?.default
  return [
    ...(description === undefined ? [] : [description]),
    ...(values.length > 0 ? [`One of ${values.join(', ')}.`] : []),
    ...(['string', 'number', 'boolean'].includes(typeof standard) ? [`Without it ${JSON.stringify(standard).replaceAll('"', '')}.`] : []),
  ]
}
